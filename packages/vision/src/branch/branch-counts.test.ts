import { useBackend } from "@heed/testing";
import { describe, expect, it } from "vitest";
import { count, countEach } from "../../test/count-weights.ts";
import { dynamicConv2d } from "./dynamic-conv2d.ts";
import { selectiveKernel } from "./selective-kernel.ts";
import { splitAttention } from "./split-attention.ts";

const convolution = (size: number, inputs: number, outputs: number): number =>
	size * size * inputs * outputs + 2 * outputs; // with its norm

/** A residual network of bottlenecks: 1×1, something of so many channels, 1×1. */
function resnet(
	blocks: readonly number[],
	options: { stem: number; start: number; middle: (width: number) => number; widthOf: number },
): number {
	const { stem, start, middle, widthOf } = options;
	let total = stem;
	let inputs = start;
	blocks.forEach((times, stage) => {
		const planes = 64 * 2 ** stage;
		const width = planes * widthOf;
		for (let i = 0; i < times; i++) {
			total += convolution(1, inputs, width) + middle(width) + convolution(1, width, 4 * planes);
			if (i === 0) total += convolution(1, inputs, 4 * planes); // the shortcut
			inputs = 4 * planes;
		}
	});
	return total + inputs * 1000 + 1000;
}

describe("the published numbers of parameters of attention over branches", () => {
	useBackend("cpu");

	it("selective kernels, and SKNet-50 and 101 of them", () => {
		expect(countEach(() => [selectiveKernel()])).toEqual([8768, 22080, 62528, 198720, 790656, 3154176]);
		const middle = (width: number): number => count(selectiveKernel(), width);
		const options = { stem: convolution(7, 3, 64), start: 64, middle, widthOf: 2 };
		expect(resnet([3, 4, 6, 3], options)).toBe(27479784);
		expect(resnet([3, 4, 23, 3], options)).toBe(48736040);
	});

	it("split attention, and ResNeSt-50 of it", () => {
		const middle = (width: number): number => count(splitAttention(), width);
		const stem = convolution(3, 3, 32) + convolution(3, 32, 32) + convolution(3, 32, 64);
		expect(resnet([3, 4, 6, 3], { stem, start: 64, middle, widthOf: 1 })).toBe(27483240);
		const [c, d, groups, radix] = [64, 32, 2, 2];
		expect(count(splitAttention({ groups, radix }), c)).toBe(
			(9 * c * c) / groups + 2 * radix * c + (c * d) / groups + 3 * d + (d * radix * c) / groups + radix * c,
		);
	});

	it("mixed kernels", () => {
		const c = 64;
		expect(count(dynamicConv2d(), c)).toBe(4 * (9 * c * c + c) + c * 16 + 16 + 16 * 4 + 4);
		expect(count(dynamicConv2d({ routing: "sigmoid", filters: 5, useBias: false }), c)).toBe(
			8 * 9 * c * 5 + c * 8 + 8,
		);
	});
});
