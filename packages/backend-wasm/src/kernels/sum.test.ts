import { expectClose, expectNoLeak, expectSameAsCpu, randomTensor, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withGuardedMemory } from "../../test/guarded-memory.ts";
import "../index.ts";

describe("Sum on wasm", () => {
	useBackend("wasm");

	it.each([
		[[7], [0]],
		[
			[3, 5],
			[0, 1],
		],
		[[3, 5, 7], [0]],
		[[3, 5, 7], [1]],
		[[3, 5, 7], [2]],
		[
			[3, 5, 7],
			[0, 2],
		],
		[
			[2, 3, 5, 7],
			[3, 1],
		],
		[
			[2, 3, 1, 5, 2],
			[0, 2, 4],
		],
		[[2, 0, 3], [1]],
		[[0, 2], [1]],
	] as const)("of %j over %j, with and without the axes kept", async (shape, axes) => {
		for (const keepDims of [false, true]) {
			await expectSameAsCpu("wasm", () => tf.sum(randomTensor([...shape], 1), [...axes], keepDims));
		}
	});

	it("any shape and axes: the sum in float64, written once and within bounds", () => {
		const axes = fc.array(fc.tuple(fc.integer({ min: 1, max: 19 }), fc.boolean()), {
			minLength: 1,
			maxLength: 4,
		});
		fc.assert(
			fc.property(axes, (list) => {
				const shape = list.map(([size]) => size);
				const summed = list.flatMap(([, taken], axis) => (taken ? [axis] : []));
				if (summed.length === 0) return;
				withGuardedMemory(() => {
					const x = randomTensor(shape, 1);
					const y = tf.sum(x, summed);
					const reference = new Float64Array(y.size);
					x.dataSync().forEach((value, at) => {
						let [rest, index, step] = [at, 0, 1];
						for (let axis = shape.length - 1; axis >= 0; axis--) {
							const size = shape[axis] ?? 1;
							if (!summed.includes(axis)) {
								index += (rest % size) * step;
								step *= size;
							}
							rest = Math.floor(rest / size);
						}
						reference[index] = (reference[index] ?? 0) + value;
					});
					expectClose(y, reference, { atol: 2e-6 * Math.sqrt(x.size) });
					tf.dispose([x, y]);
				});
			}),
			{ seed: 1, numRuns: 200 },
		);
	});

	it("is more exact than one number after another", () => {
		const ones = tf.fill([1_000_000], 0.1);
		expect(Math.abs((tf.sum(ones).dataSync()[0] ?? 0) - 100_000)).toBeLessThan(0.1); // one after another: 958
	});

	it("leaves nothing behind, and counts bool and int32 as the host does", async () => {
		expectNoLeak(() => tf.tidy(() => tf.sum(randomTensor([3, 5, 2], 1), [0, 2])));
		await expectSameAsCpu("wasm", () => tf.sum(tf.tensor2d([1, 2, 3, 4], [2, 2], "int32"), 0));
		await expectSameAsCpu("wasm", () => tf.sum(tf.tensor1d([1, 0, 1], "bool")));
	});
});
