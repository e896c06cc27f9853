import { captureAttention, disposeAttention } from "@heed/layers";
import { describeOnEveryBackend, expectClose, expectGradientsMatch, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { expectWeightGradients } from "../../test/expect-weight-gradients.ts";
import { convolvePlain, type PlainImage, plainImages } from "../../test/plain-images.ts";
import { readWeights, stirWeights } from "../../test/plain-layers.ts";
import { dense, relu } from "../../test/plain-numbers.ts";
import { spatialTransformer } from "./spatial-transformer.ts";

describeOnEveryBackend("the localisation network of spatialTransformer", () => {
	it("sees as the formula says, with the right gradients", () => {
		tf.tidy(() => {
			const layer = spatialTransformer({ filters: 2, units: 3, seed: 0, padding: "border" });
			const x = randomTensor<tf.Rank.R4>([2, 7, 5, 3], 1);
			layer.apply(x);
			stirWeights(layer);
			const weights = readWeights(layer);
			const { result, records } = captureAttention(() => layer.apply(x));
			expectClose(
				records[0]?.weights as tf.Tensor,
				plainImages(x).flatMap((one) => thetaOf(one, weights)),
			);
			disposeAttention(records);
			expect((result as tf.Tensor).shape).toEqual(x.shape);
			const run = (seen: tf.Tensor): tf.Tensor => layer.apply(seen) as tf.Tensor;
			expectGradientsMatch(run, [x], { names: ["x"], coordinates: 4, step: 0.001, tolerance: 1e-2 });
			expectWeightGradients(layer, () => run(x), { step: 0.0002, tolerance: 0.03 });
			layer.dispose();
		});
	});
});

/** Theta of an image by the plain network, in float64. */
function thetaOf(image: PlainImage, weights: Record<string, number[]>): number[] {
	const part = (name: string): number[] => weights[`localization/${name}`] ?? [];
	const convolve = (x: PlainImage, i: number): PlainImage => {
		const y = convolvePlain(x, part(`${i}/kernel`), { size: 5, bias: part(`${i}/bias`) });
		return { ...y, pixels: y.pixels.map(relu) };
	};
	const first = convolve(image, 0);
	const block = (x: PlainImage, rows: [number, number], columns: [number, number]): (readonly number[])[] =>
		x.pixels.filter((_, p) => {
			const [i, j] = [Math.floor(p / x.width), p % x.width];
			return i >= rows[0] && i < rows[1] && j >= columns[0] && j < columns[1];
		});
	const [h, w] = [Math.ceil(first.height / 2), Math.ceil(first.width / 2)];
	const pooled: PlainImage = {
		height: h,
		width: w,
		pixels: Array.from({ length: h * w }, (_, p) => {
			const [i, j] = [2 * Math.floor(p / w), 2 * (p % w)];
			const taps = block(first, [i, i + 2], [j, j + 2]);
			return (taps[0] ?? []).map((_, c) => Math.max(...taps.map((tap) => tap[c] ?? 0)));
		}),
	};
	const second = convolve(pooled, 1);
	const side = (size: number, cell: number): [number, number] => [
		Math.floor((cell * size) / 4),
		Math.ceil(((cell + 1) * size) / 4),
	];
	const means = Array.from({ length: 16 }, (_, cell) => {
		const taps = block(second, side(h, Math.floor(cell / 4)), side(w, cell % 4));
		return (taps[0] ?? []).map((_, c) => taps.reduce((sum, tap) => sum + (tap[c] ?? 0), 0) / taps.length);
	}).flat();
	return dense(weights, "theta", relu(dense(weights, "localization/dense", means)));
}
