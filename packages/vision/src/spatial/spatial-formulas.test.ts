import { captureAttention, disposeAttention, Parameters } from "@heed/layers";
import { describeOnEveryBackend, expectClose, expectNoLeak, randomSource, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { input, layers, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { expect, it } from "vitest";
import { readWeights, stirWeights } from "../../test/plain-layers.ts";
import { sigmoid, softmax } from "../../test/plain-numbers.ts";
import type { ImageAttention } from "../image-attention.ts";
import { attentionPooling2d } from "./attention-pooling-2d.ts";
import { cbamSpatialGate } from "./cbam-spatial-gate.ts";
import { querySpatialAttention } from "./query-spatial-attention.ts";
import { spatialSqueezeExcite } from "./spatial-squeeze-excite.ts";

const [batch, height, width, channels, querySize] = [2, 5, 3, 7, 4];
const pixels = height * width;
const random = randomSource(3);
const values = Float32Array.from({ length: batch * pixels * channels }, () => random.normal());
const queries = Float32Array.from({ length: batch * querySize }, () => random.normal());
const image = (): tf.Tensor4D => tf.tensor4d(values, [batch, height, width, channels]);
const question = (): tf.Tensor2D => tf.tensor2d(queries, [batch, querySize]);

/** The channels of a pixel, none beyond the edges. */
function pixel(b: number, i: number, j: number): number[] {
	if (i < 0 || j < 0 || i >= height || j >= width) return [];
	const start = ((b * height + i) * width + j) * channels;
	return [...values.slice(start, start + channels)];
}
/** A number for every pixel of every image. */
const perPixel = (f: (x: number[], b: number, i: number, j: number) => number): number[][] =>
	Array.from({ length: batch }, (_, b) =>
		Array.from({ length: pixels }, (_, p) => {
			const [i, j] = [Math.floor(p / width), p % width];
			return f(pixel(b, i, j), b, i, j);
		}),
	);
const dot = (x: readonly number[], kernel: readonly number[] = [], column = 0, columns = 1): number =>
	x.reduce((sum, value, i) => sum + value * (kernel[i * columns + column] ?? 0), 0);
const hiddenOf = (
	weights: Record<string, number[]>,
	name: string,
	x: readonly number[],
	units: number,
): number[] =>
	Array.from(
		{ length: units },
		(_, u) => dot(x, weights[`${name}/kernel`], u, units) + (weights[`${name}/bias`]?.[u] ?? 0),
	);

/** Runs a layer with random weights; gives its output, its map and its weights. */
function run(
	layer: ImageAttention,
	query = false,
): { output: tf.Tensor; map: tf.Tensor; weights: Record<string, number[]> } {
	const inputs = query ? [image(), question()] : image();
	layer.apply(inputs);
	stirWeights(layer);
	const [output, map] = layer.apply(inputs) as [tf.Tensor, tf.Tensor];
	return { output, map, weights: readWeights(layer) };
}
const returnAttention = true;

describeOnEveryBackend("spatial attention by its formula", () => {
	it.each(["official", "timm", "paper"] as const)("cbamSpatialGate, %s", (variant) => {
		tf.tidy(() => {
			const layer = cbamSpatialGate({ variant, kernelSize: 5, returnAttention });
			const { output, map, weights } = run(layer);
			const pools = [
				(x: number[]): number => (x.length === 0 ? 0 : Math.max(...x)),
				(x: number[]): number => x.reduce((sum, value) => sum + value / channels, 0),
			];
			if (variant !== "official") pools.reverse();
			const expected = perPixel((_, b, i, j) => {
				let score = 0;
				for (let tap = 0; tap < 25; tap++) {
					const near = pixel(b, i + Math.floor(tap / 5) - 2, j + (tap % 5) - 2);
					pools.forEach((pool, side) => {
						score += pool(near) * (weights.kernel?.[tap * 2 + side] ?? 0);
					});
				}
				if (variant === "paper") return sigmoid(score);
				const unit = score / Math.sqrt(1 + 1e-5);
				return sigmoid(unit * (weights["norm/gamma"]?.[0] ?? 0) + (weights["norm/beta"]?.[0] ?? 0));
			});
			expectClose(map, expected.flat());
			expectClose(output, tf.mul(image(), tf.expandDims(map, 3)));
			const shuffled = tf.concat(tf.split(image(), channels, 3).slice().reverse(), 3);
			expectClose((layer.apply(shuffled) as tf.Tensor[])[1] as tf.Tensor, map); // it does not know its channels
			const start = cbamSpatialGate({ gammaInitializer: "zeros" }).apply(image()) as tf.Tensor;
			expectClose(start, tf.div(image(), 2));
		});
	});

	it("cbamSpatialGate shares the gradient among equal channels, which zeros after a relu are", () => {
		tf.tidy(() => {
			const layer = cbamSpatialGate({ kernelSize: 1, norm: false, returnAttention });
			const x = tf.tensor4d([0, 0, 0, 0, 2, 1, 2, 0], [1, 2, 1, 4]);
			const run = (given: tf.Tensor): tf.Tensor => (layer.apply(given) as tf.Tensor[])[1] as tf.Tensor;
			run(x);
			layer.weights[0]?.write(tf.tensor4d([1, 0], [1, 1, 2, 1]));
			const gradient = tf.grad((given: tf.Tensor) => tf.sum(run(given)))(x);
			const slope = sigmoid(2) * (1 - sigmoid(2));
			expectClose(gradient, [1 / 16, 1 / 16, 1 / 16, 1 / 16, slope / 2, 0, slope / 2, 0]);
		});
	});

	it("spatialSqueezeExcite", () => {
		tf.tidy(() => {
			const { map, weights } = run(spatialSqueezeExcite({ returnAttention }));
			const bias = weights["score/bias"]?.[0] ?? 0;
			expectClose(map, perPixel((x) => sigmoid(dot(x, weights["score/kernel"]) + bias)).flat());
		});
	});

	it.each(["tanh", "relu"] as const)("querySpatialAttention, %s", (activation) => {
		const units = 3;
		const options = { units, activation, queryBias: activation === "relu", returnAttention };
		const bend = activation === "tanh" ? Math.tanh : (x: number): number => Math.max(x, 0);
		tf.tidy(() => {
			const { output, map, weights } = run(querySpatialAttention({ ...options, gate: "vector" }), true);
			const q = (b: number): number[] => [...queries.slice(b * querySize, (b + 1) * querySize)];
			const expected = perPixel((x, b) =>
				dot(
					hiddenOf(weights, "pixel", x, units).map((h, u) =>
						bend(h + (hiddenOf(weights, "query", q(b), units)[u] ?? 0)),
					),
					weights["score/kernel"],
				),
			).map(softmax);
			expectClose(map, expected.flat());
			const sums = expected.flatMap((row, b) => {
				const gates = hiddenOf(weights, "gate", q(b), channels).map(sigmoid);
				return gates.map((gate, c) =>
					row.reduce(
						(sum, share, p) => sum + gate * share * (pixel(b, Math.floor(p / width), p % width)[c] ?? 0),
						0,
					),
				);
			});
			expectClose(output, sums);
		});
	});

	it("an even weighing with `rescale` changes nothing, whatever a mask leaves out", () => {
		tf.tidy(() => {
			const mask = tf.tensor3d(
				Array.from({ length: batch * pixels }, (_, i) => Number(i % 3 > 0)),
				[batch, height, width],
				"bool",
			);
			const expected = tf.mul(image(), tf.expandDims(tf.cast(mask, "float32"), 3));
			const both = [
				[querySpatialAttention({ units: 2, reduce: false, rescale: true }), [image(), question(), mask]],
				[attentionPooling2d({ units: 2, reduce: false, rescale: true }), [image(), mask]],
			] as const;
			for (const [layer, inputs] of both) {
				layer.apply([...inputs]);
				for (const weight of layer.weights) weight.write(tf.zerosLike(weight.read()));
				expectClose(layer.apply([...inputs]) as tf.Tensor, expected);
			}
		});
	});

	it.each(["softmax", "sigmoid"] as const)("attentionPooling2d, %s", (normalisation) => {
		const units = 3;
		tf.tidy(() => {
			const { output, map, weights } = run(attentionPooling2d({ units, normalisation, returnAttention }));
			const scores = perPixel((x) => {
				const hidden = hiddenOf(weights, "hidden", x, units).map((h) => Math.max(h, 0));
				return dot(hidden, weights["score/kernel"]) + (weights["score/bias"]?.[0] ?? 0);
			});
			const expected = scores.map((row) => (normalisation === "softmax" ? softmax(row) : row.map(sigmoid)));
			expectClose(map, expected.flat());
			expectClose(output, tf.sum(tf.mul(image(), tf.expandDims(map, 3)), [1, 2]));
		});
	});

	it("asks an image that was prepared once as it asks one in a call, and records every step", () => {
		const layer = querySpatialAttention({ units: 3, gate: "scalar", returnAttention });
		const mask = tf.tensor3d(
			new Array(batch * pixels).fill(0).map((_, i) => i % 4),
			[batch, height, width],
			"bool",
		);
		const [x, query] = [image(), question()];
		const whole = layer.apply([x, query, mask]) as tf.Tensor[];
		const memory = layer.setUp(x, mask);
		const { result, records } = captureAttention(() => layer.step(query, memory));
		expectClose(result.output, whole[0] as tf.Tensor, { atol: 0 });
		expectClose(records[0]?.weights as tf.Tensor, whole[1] as tf.Tensor, { atol: 0 });
		expectNoLeak(() => layer.setUp(x, mask));
		expectNoLeak(() => layer.step(query, memory));
		const gradient = tf.tidy(() =>
			tf.grad((q: tf.Tensor) => tf.sum(layer.step(q as tf.Tensor2D, memory).output))(query),
		);
		const before = tf.tidy(() =>
			tf.grad((q: tf.Tensor) => tf.sum((layer.apply([x, q, mask]) as tf.Tensor[])[0] as tf.Tensor))(query),
		);
		expectClose(gradient, before, { atol: 1e-6 });
		expect(() => layer.step(x as never, memory)).toThrow(/querySpatialAttention.step: query .*has rank 4/);
		expect(() => layer.setUp(query as never)).toThrow(/querySpatialAttention.setUp: x .*has rank 2/);
		expect(() => querySpatialAttention().setUp(x)).toThrow(/weights are not there yet/);
		const parameters = new Parameters();
		layer.register(parameters.scope("look"));
		expect([...parameters.variables.keys()].length).toBe(7);
		parameters.dispose();
		disposeAttention(records);
		tf.dispose([x, query, mask, memory, result, gradient, before, whole]);
	});

	it("takes the mask of a Masking layer in front, and keeps none for an image that is gone", () => {
		const x = input({ shape: [height, width, channels] });
		const masked = layers.masking({ maskValue: 0 }).apply(x) as SymbolicTensor;
		const scaled = spatialSqueezeExcite().apply(masked) as SymbolicTensor;
		const pooled = attentionPooling2d({ units: 2, returnAttention }).apply(masked) as SymbolicTensor[];
		const seen = model({ inputs: x, outputs: [scaled, ...pooled] });
		tf.tidy(() => {
			const hole = tf.tensor4d(
				Array.from({ length: pixels }, (_, p) => Number(p !== 4)),
				[1, height, width, 1],
			);
			const [, , map] = seen.predict(tf.mul(image(), hole)) as tf.Tensor[];
			const weights = Array.from((map as tf.Tensor).dataSync());
			expect(
				weights.map((weight, i) => [i % pixels, weight === 0] as const).filter(([, zero]) => zero),
			).toEqual([
				[4, true],
				[4, true],
			]);
		});
		seen.dispose();
	});

	it("says which options do not go together", () => {
		expect(() => querySpatialAttention({ rescale: true })).toThrow(
			/`rescale` is for weights that keep the image/,
		);
		expect(() => attentionPooling2d({ rescale: true })).toThrow(
			/`rescale` is for a softmax that keeps the image/,
		);
		expect(() => cbamSpatialGate({ kernelSize: 4 })).toThrow(
			/`kernelSize` is 4; expected an odd number. Use 5/,
		);
		expect(() => cbamSpatialGate({ poolOrder: "minMax" as never })).toThrow(/`poolOrder` is "minMax"/);
		tf.tidy(() => {
			const x = randomTensor([1, 2, 3, 2], 1);
			expect(() => querySpatialAttention().apply(x)).toThrow(
				/query \[\] has rank 0; expected rank 2.*Pass \[x, query\]/,
			);
			expect(() => querySpatialAttention().apply([x, randomTensor([2, 3], 1)])).toThrow(
				/query \[batch 2.*expected batch 1/,
			);
		});
	});
});
