import { describeOnEveryBackend, expectClose, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { mlpOf, readWeights, stirWeights } from "../../test/plain-layers.ts";
import { sigmoid } from "../../test/plain-numbers.ts";
import { gatherExcite } from "./gather-excite.ts";

const [height, width, channels] = [5, 7, 3];
const image = (): tf.Tensor4D => randomTensor<tf.Rank.R4>([1, height, width, channels], 3);

/** A map in plain numbers, `at(i, j, c)`. */
type Plain = (i: number, j: number, c: number) => number | undefined;

function plainImage(): Plain {
	const values = tf.tidy(() => image().dataSync());
	return (i, j, c) =>
		i < 0 || j < 0 || i >= height || j >= width ? undefined : values[(i * width + j) * channels + c];
}

/** What every pixel reads of a map of half the size, which `coarse` fills. */
function nearest(coarse: (i: number, j: number, c: number) => number): number[] {
	const [tall, wide] = [Math.ceil(height / 2), Math.ceil(width / 2)];
	const values: number[] = [];
	for (let i = 0; i < height; i++) {
		for (let j = 0; j < width; j++) {
			for (let c = 0; c < channels; c++) {
				values.push(coarse(Math.floor((i * tall) / height), Math.floor((j * wide) / width), c));
			}
		}
	}
	return values;
}

/** The 3 × 3 pixels around the one that cell (i, j) has in its middle. */
const around = (i: number, j: number): [number, number][] =>
	[-1, 0, 1].flatMap((down) => [-1, 0, 1].map((right): [number, number] => [2 * i + down, 2 * j + right]));

describeOnEveryBackend("gatherExcite", () => {
	it("means of windows decide about their pixels, the edge not counted", () => {
		tf.tidy(() => {
			const at = plainImage();
			const meanOf = (i: number, j: number, c: number): number => {
				const seen = around(i, j)
					.map(([h, w]) => at(h, w, c))
					.filter((value) => value !== undefined);
				return seen.reduce((sum, value) => sum + value, 0) / seen.length;
			};
			const plain = gatherExcite({ extent: 2, useMlp: false, returnAttention: true });
			const [output, map] = plain.apply(image()) as [tf.Tensor, tf.Tensor];
			expectClose(
				map,
				nearest((i, j, c) => sigmoid(meanOf(i, j, c))),
			);
			expectClose(output, tf.mul(image(), map));

			const mixing = gatherExcite({ extent: 2, rdChannels: 2, returnAttention: true });
			mixing.apply(image());
			stirWeights(mixing);
			const weights = readWeights(mixing);
			const mixed = nearest((i, j, c) =>
				sigmoid(
					mlpOf(
						weights,
						[0, 1, 2].map((other) => meanOf(i, j, other)),
					)[c] ?? 0,
				),
			);
			expectClose((mixing.apply(image()) as tf.Tensor[])[1] as tf.Tensor, mixed);
		});
	});

	it("gathers by trained convolutions, one for each halving", () => {
		tf.tidy(() => {
			const at = plainImage();
			const layer = gatherExcite({ extent: 2, extraParams: true, useMlp: false, returnAttention: true });
			layer.apply(image());
			stirWeights(layer);
			const weights = readWeights(layer);
			const expected = nearest((i, j, c) => {
				const sum = around(i, j).reduce(
					(total, [h, w], tap) =>
						total + (at(h, w, c) ?? 0) * (weights["gather/0/kernel"]?.[tap * channels + c] ?? 0),
					0,
				);
				const normed = (sum / Math.sqrt(1 + 1e-5)) * (weights["gather/0/norm/gamma"]?.[c] ?? 0);
				return sigmoid(normed + (weights["gather/0/norm/beta"]?.[c] ?? 0));
			});
			expectClose((layer.apply(image()) as tf.Tensor[])[1] as tf.Tensor, expected);
			const deep = gatherExcite({ extent: 8, extraParams: true });
			expect((deep.apply(image()) as tf.Tensor).shape).toEqual([1, height, width, channels]);
			expect(deep.trainableWeights.length).toBe(3 * 3 + 4);
		});
	});

	it("refuses extents that it cannot reach, and images of another size", () => {
		expect(() => gatherExcite({ extent: 3 })).toThrow(/`extent` is 3; expected 0 or an even number/);
		expect(() => gatherExcite({ extent: 6, extraParams: true })).toThrow(
			/`extent` is 6; expected 0 or a power of 2/,
		);
		expect(gatherExcite({ extent: 6 }).extent).toBe(6);
		const whole = gatherExcite({ extraParams: true });
		expect(() => whole.build([null, null, 7, 3])).toThrow(/x \[batch, \?, 7, 3\] has an open size/);
		tf.tidy(() => {
			const layer = gatherExcite({ extraParams: true, useMlp: false });
			layer.apply(image());
			expect(() => layer.apply(tf.zeros([1, 7, 5, channels]))).toThrow(/x is 7 × 5; expected 5 × 7/);
		});
	});
});
