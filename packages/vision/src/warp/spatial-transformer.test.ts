import { attentionGrid, thinPlateSplineControlPoints } from "@heed/core";
import { captureAttention, disposeAttention } from "@heed/layers";
import {
	describeOnEveryBackend,
	expectClose,
	expectNoLeak,
	fixtureTensor,
	randomTensor,
	torchCases,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { readWeights, stirWeights } from "../../test/plain-layers.ts";
import { ImageAttention } from "../image-attention.ts";
import { affineGridLayer } from "./affine-grid-layer.ts";
import { gridSampleLayer } from "./grid-sample-layer.ts";
import { spatialTransformer } from "./spatial-transformer.ts";

const [batch, height, width, channels, featureSize] = [2, 7, 5, 3, 4];
const image = (seed = 1): tf.Tensor4D => randomTensor([batch, height, width, channels], seed);
const features = (): tf.Tensor2D => randomTensor([batch, featureSize], 2);
const given = { localization: "given", seed: 0 } as const;
const small = { filters: 2, units: 3, seed: 0 };
const transforms = ["affine", "attention", "projective", "tps"] as const;

const channelsLast = (x: tf.Tensor): tf.Tensor4D => tf.transpose(x as tf.Tensor4D, [0, 2, 3, 1]);
const cases = torchCases("spatial_transformer");

describeOnEveryBackend("spatialTransformer", () => {
	describe.skipIf(cases.length === 0)("against PyTorch", () => {
		it.each(cases)("$name, as one layer and as two", ({ config, inputs, outputs, upstream, grads }) => {
			tf.tidy(() => {
				const read = (group: typeof inputs, name: string): tf.Tensor => fixtureTensor(group[name] as never);
				const options = { padding: config.padding_mode, alignCorners: config.align_corners };
				const [outputSize, alignCorners] = [config.out_size, config.align_corners];
				const layer = spatialTransformer({ ...given, ...options, outputSize, returnAttention: true });
				const [x, theta] = [channelsLast(read(inputs, "input")), read(inputs, "theta")];
				const one = tf.eye(2); // each image its own row of the kernel
				layer.apply([x, one]);
				layer.setWeights([tf.reshape(theta, [2, 6]), tf.zeros([6])]);
				const run = (seen: tf.Tensor): tf.Tensor[] => layer.apply([seen, one]) as tf.Tensor[];
				const [y, grid] = run(x) as [tf.Tensor, tf.Tensor];
				const [expected, dy] = [read(outputs, "output"), read(upstream, "output")].map(channelsLast);
				expectClose(y, expected as tf.Tensor);
				expectClose(grid, read(outputs, "grid"));
				expectClose(tf.grad((seen) => run(seen)[0] as tf.Tensor)(x, dy), channelsLast(read(grads, "input")));
				const { grads: found } = tf.variableGrads(
					() => tf.sum(tf.mul(run(x)[0] as tf.Tensor, dy as tf.Tensor)) as tf.Scalar,
				);
				const [kernel] = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
				expectClose(tf.reshape(found[kernel?.name ?? ""] as tf.Tensor, [2, 2, 3]), read(grads, "theta"));
				const points = affineGridLayer({ outputSize, alignCorners });
				const sampler = gridSampleLayer(options);
				for (const shape of [
					[2, 2, 3],
					[2, 6],
				]) {
					const both = points.apply(tf.reshape(theta, shape)) as tf.Tensor;
					expectClose(both, grid, { atol: 0 });
					expectClose(sampler.apply([x, both]) as tf.Tensor, y, { atol: 0 });
				}
				layer.dispose();
			});
		});
	});

	it.each(transforms)("%s starts as the identity, and has n · (F + 1) numbers for it", (transform) => {
		tf.tidy(() => {
			for (const alignCorners of [false, true]) {
				for (const padding of ["zeros", "border", "reflection"] as const) {
					const layer = spatialTransformer({ ...given, transform, alignCorners, padding });
					const x = image();
					expectClose(layer.apply([x, features()]) as tf.Tensor, x, { atol: 2e-5 });
					const n = { affine: 6, attention: 3, projective: 8, tps: 32 }[transform];
					expect(layer.countParams()).toBe(n * (featureSize + 1));
					layer.dispose();
				}
			}
			const plain = spatialTransformer({ ...small, transform });
			const x = image();
			expectClose(plain.apply(x) as tf.Tensor, x, { atol: 2e-5 });
			plain.dispose();
			const [c, f, u] = [1, 8, 32];
			const whole = spatialTransformer();
			whole.build([null, null, null, c]);
			const localization = 25 * c * f + f + 25 * f * f + f + 16 * f * u + u;
			expect(whole.countParams()).toBe(localization + u * 6 + 6);
			const counted = ImageAttention.countTrained(spatialTransformer(), [null, null, null, c]);
			expect(counted).toBe(whole.countParams());
			for (const weight of whole.weights) weight.dispose();
		});
	});

	it("reads the grid that its transform gives, and records both", () => {
		tf.tidy(() => {
			const outputSize = [3, 4] as const;
			const targets = [-2 / 3, 0, 2 / 3].flatMap((y) => [-0.75, -0.25, 0.25, 0.75].map((x) => [x, y, 1]));
			const formulas: Record<"affine" | "projective", (theta: number[], t: number[]) => number[]> = {
				affine: (theta, t) =>
					[0, 3].map((row) => t.reduce((sum, v, i) => sum + v * (theta[row + i] ?? 0), 0)),
				projective: (theta, t) => {
					const of = (row: number): number =>
						t.reduce((sum, v, i) => sum + v * ([...theta, 1][row + i] ?? 0), 0);
					return [of(0) / of(6), of(3) / of(6)];
				},
			};
			for (const transform of ["affine", "projective", "attention"] as const) {
				const layer = spatialTransformer({ ...given, transform, outputSize, returnAttention: true });
				layer.apply([image(), features()]);
				stirWeights(layer);
				const { result, records } = captureAttention(() => layer.apply([image(), features()]));
				const [y, grid] = result as [tf.Tensor, tf.Tensor];
				expect(
					layer.computeOutputShape([
						[null, 7, 5, 3],
						[null, 4],
					]),
				).toEqual([
					[null, 3, 4, 3],
					[null, 3, 4, 2],
				]);
				expect([y.shape, grid.shape]).toEqual([
					[2, 3, 4, 3],
					[2, 3, 4, 2],
				]);
				const [theta, points] = records as [(typeof records)[0], (typeof records)[0]];
				expect(records.map(({ kind, axes, meta }) => [kind, meta.part, axes.length])).toEqual([
					["warp", "theta", transform === "affine" ? 3 : 2],
					["warp", "grid", 4],
				]);
				expectClose(points.weights, grid, { atol: 0 });
				const weights = readWeights(layer);
				const kernel = weights["theta/kernel"] ?? [];
				const n = kernel.length / featureSize;
				const numbers = (features().arraySync() as number[][]).map((row) =>
					Array.from({ length: n }, (_, j) =>
						row.reduce((sum, v, i) => sum + v * (kernel[i * n + j] ?? 0), weights["theta/bias"]?.[j] ?? 0),
					),
				);
				expectClose(theta.weights, numbers.flat());
				if (transform === "attention") {
					expectClose(grid, attentionGrid(tf.tensor2d(numbers), outputSize));
				} else {
					const expected = numbers.flatMap((row) => targets.flatMap((t) => formulas[transform](row, t)));
					expectClose(grid, expected);
				}
				disposeAttention(records);
				layer.dispose();
			}
		});
	});

	it("a thin plate spline whose points all move alike is that affine transform", () => {
		tf.tidy(() => {
			const layer = spatialTransformer({ ...given, transform: "tps", gridSize: 3, returnAttention: true });
			layer.apply([image(), features()]);
			const [a, b, c, d, e, f] = [0.7, -0.2, 0.1, 0.3, 0.9, -0.15];
			const moved = thinPlateSplineControlPoints(3).flatMap(([x, y]) => [
				a * x + b * y + c,
				d * x + e * y + f,
			]);
			layer.setWeights([tf.zeros([featureSize, 18]), tf.tensor1d(moved)]);
			const affine = affineGridLayer({ outputSize: [height, width] });
			const theta = tf.tile(tf.tensor2d([[a, b, c, d, e, f]]), [batch, 1]);
			const [, grid] = layer.apply([image(), features()]) as [tf.Tensor, tf.Tensor];
			expectClose(grid, affine.apply(theta) as tf.Tensor, { atol: 1e-5 });
			layer.dispose();
		});
	});

	it("takes one pixel, one channel, one image; a constant image moves nothing within its border", () => {
		tf.tidy(() => {
			const sizes: [number, number, number, number][] = [
				[1, 1, 1, 1],
				[1, 4, 1, 3],
				[3, 2, 5, 1],
			];
			for (const shape of sizes) {
				const layer = spatialTransformer({ ...small, transform: "tps" });
				const output = layer.apply(randomTensor(shape, 3)) as tf.Tensor;
				expect(output.shape).toEqual(shape);
				expect([...output.dataSync()].every(Number.isFinite)).toBe(true);
				layer.dispose();
			}
			const layer = spatialTransformer({ ...given, padding: "border" });
			layer.apply([image(), features()]);
			stirWeights(layer);
			const ones = tf.ones<tf.Rank.R4>([batch, height, width, channels]);
			const gradient = tf.grad((f) => layer.apply([ones, f]) as tf.Tensor)(features());
			expectClose(gradient, new Array(gradient.size).fill(0), { atol: 1e-5 });
			layer.dispose();
		});
	});

	it("leaves nothing behind and says what is wrong", () => {
		const layer = spatialTransformer({ ...small, returnAttention: true });
		const asked = spatialTransformer(given);
		const [points, sampler] = [affineGridLayer({ outputSize: [2, 3] }), gridSampleLayer()];
		const [x, f, theta] = [image(), features(), tf.zeros([batch, 2, 3])];
		const grid = points.apply(theta) as tf.Tensor;
		tf.dispose([layer.apply(x), asked.apply([x, f]), sampler.apply([x, grid])].flat() as tf.Tensor[]);
		expectNoLeak(() => layer.apply(x) as tf.Tensor[]);
		expectNoLeak(() => tf.grad((seen) => asked.apply([seen, f]) as tf.Tensor)(x));
		expectNoLeak(() => points.apply(theta) as tf.Tensor);
		expectNoLeak(() => sampler.apply([x, grid]) as tf.Tensor);
		for (const call of [
			() => layer.call([x, x], {}),
			() => asked.call([x, x], {}),
			() => sampler.call([x]),
			() => points.call(x),
		]) {
			expectNoLeak(call, { throws: true });
		}
		const fails = (call: () => unknown, message: RegExp): void => {
			expect(() => tf.tidy(() => void call())).toThrow(message);
		};
		fails(() => asked.apply([x, tf.zeros([batch, 9])]), /features .*features 9\].*expected features 4/);
		fails(
			() => spatialTransformer(given).apply(x),
			/features \[\] has rank 0; expected rank 2: .*Pass \[x, features\]/,
		);
		fails(() => asked.apply([x, f, tf.ones([batch, height, width], "bool")]), /does not take/);
		fails(() => layer.apply(tf.zeros([0, height, width, channels])), /is empty/);
		fails(() => points.apply(x), /affineGridLayer: theta .*has rank 4/);
		fails(() => sampler.apply([x, theta]), /gridSample: grid .*has rank 3/);
		fails(() => spatialTransformer({ outputSize: [3, 0] }), /`outputSize\[1\]` is 0/);
		fails(
			() => spatialTransformer({ outputSize: 3 as never }),
			/`outputSize` is 3; expected \[height, width\]/,
		);
		fails(() => spatialTransformer({ transform: "rotate" as never }), /`transform` is "rotate"/);
		fails(() => spatialTransformer({ localization: "none" as never }), /`localization` is "none"/);
		fails(() => spatialTransformer({ colour: 1 } as never), /unknown option `colour`/);
		tf.dispose([x, f, theta, grid]);
		layer.dispose();
		asked.dispose();
	});
});
