import { describeOnEveryBackend, expectClose, expectGradientsMatch, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { input, layers, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { expect, it } from "vitest";
import { expectWeightGradients } from "../../test/expect-weight-gradients.ts";
import { stirWeights } from "../../test/plain-layers.ts";
import { saveAndLoad } from "../../test/save-and-load.ts";
import { affineGridLayer } from "./affine-grid-layer.ts";
import { gridSampleLayer } from "./grid-sample-layer.ts";
import { type SpatialTransformer, spatialTransformer } from "./spatial-transformer.ts";

const [batch, height, width, channels, featureSize] = [2, 7, 5, 3, 4];
const image = (): tf.Tensor4D => randomTensor([batch, height, width, channels], 1);
const features = (): tf.Tensor2D => randomTensor([batch, featureSize], 2);
const given = { localization: "given", seed: 0 } as const;
const small = { filters: 2, units: 3, seed: 0 };
const transforms = ["affine", "attention", "projective", "tps"] as const;

/** Trained weights by the ends of their paths. */
const named = (layer: SpatialTransformer): Record<string, tf.Variable> =>
	Object.fromEntries(
		layer.trainableWeights.map((weight) => [
			weight.originalName.replace(`${layer.name}/`, ""),
			weight.read() as tf.Variable,
		]),
	);

describeOnEveryBackend("spatialTransformer in training", () => {
	it.each(transforms)("%s has the right gradients, away from the identity", (transform) => {
		tf.tidy(() => {
			const layer = spatialTransformer({ ...given, transform, padding: "border", outputSize: [3, 2] });
			const inputs = [image(), features()];
			const run = (...seen: tf.Tensor[]): tf.Tensor => layer.apply(seen) as tf.Tensor;
			run(...inputs);
			stirWeights(layer);
			const options = { names: ["x", "features"], coordinates: 8, step: 0.002, tolerance: 5e-3 };
			expectGradientsMatch(run, inputs, options);
			expectWeightGradients(layer, () => run(...inputs), { step: 0.0005 });
			layer.dispose();
		});
	});

	it("slows its localisation by a factor, and nothing else", () => {
		tf.tidy(() => {
			const gradients = [1, 0.1].map((locLearningRateScale) => {
				const layer = spatialTransformer({ ...given, padding: "border", locLearningRateScale });
				layer.apply([image(), features()]);
				stirWeights(layer);
				const run = (x: tf.Tensor, f: tf.Tensor): tf.Tensor => layer.apply([x, f]) as tf.Tensor;
				const y = run(image(), features());
				const [dx, df] = tf.grads(run)([image(), features()]) as [tf.Tensor, tf.Tensor];
				const { grads } = tf.variableGrads(() => tf.sum(run(image(), features())) as tf.Scalar);
				const { name } = named(layer)["theta/kernel"] as tf.Variable;
				layer.dispose();
				return { y, dx, df, kernel: grads[name] as tf.Tensor };
			});
			const [full, slow] = gradients as [(typeof gradients)[0], (typeof gradients)[0]];
			expectClose(slow.y, full.y, { atol: 0 });
			expectClose(slow.dx, full.dx);
			expectClose(slow.df, tf.mul(full.df, 0.1));
			expectClose(slow.kernel, tf.mul(full.kernel, 0.1));
		});
	});

	it.each(["plain", "given"] as const)("trains, saves and loads: %s", async (localization) => {
		const x = input({ shape: [null, null, channels] });
		const more = input({ shape: [featureSize] });
		const layer = spatialTransformer({ ...small, localization, outputSize: [5, 4], name: "warp" });
		const inputs = localization === "given" ? [x, more] : x;
		const built = model({ inputs, outputs: layer.apply(inputs) as SymbolicTensor });
		const data = localization === "given" ? [image(), features()] : image();
		const half = tf.tidy(() => {
			const theta = tf.tile(tf.tensor2d([[0.6, 0.1, 0.2, -0.1, 0.6, 0.1]]), [batch, 1]);
			const grid = affineGridLayer({ outputSize: [5, 4] }).apply(theta) as tf.Tensor;
			return gridSampleLayer().apply([image(), grid]) as tf.Tensor;
		});
		built.compile({ optimizer: tf.train.adam(0.02), loss: "meanSquaredError" });
		const { history } = await built.fit(data, half, { epochs: 8, verbose: 0, shuffle: false });
		const losses = history.loss as number[];
		expect(losses.at(-1)).toBeLessThan(0.9 * (losses[0] as number));
		const copy = await saveAndLoad(built);
		expect(copy.getLayer("warp").getConfig()).toEqual(built.getLayer("warp").getConfig());
		expectClose(copy.predict(data) as tf.Tensor, built.predict(data) as tf.Tensor, { atol: 1e-6 });
		tf.dispose([data, half].flat());
		built.dispose();
		copy.dispose();
	});

	it("takes any network: one of another model's layers, which is saved, or a function, which is not", async () => {
		const x = input({ shape: [height, width, channels] });
		const flat = layers.flatten().apply(x) as SymbolicTensor;
		const theta = layers.dense({ units: 6, kernelInitializer: "zeros" }).apply(flat) as SymbolicTensor;
		const grid = affineGridLayer({ outputSize: [3, 2] }).apply(theta) as SymbolicTensor;
		const y = gridSampleLayer({ padding: "border" }).apply([x, grid]) as SymbolicTensor;
		expect([grid.shape, y.shape]).toEqual([
			[null, 3, 2, 2],
			[null, 3, 2, channels],
		]);
		const whole = model({ inputs: x, outputs: y });
		const copy = await saveAndLoad(whole);
		const seen = image();
		expectClose(copy.predict(seen) as tf.Tensor, whole.predict(seen) as tf.Tensor, { atol: 1e-6 });
		const layer = spatialTransformer({
			localization: (parts) => {
				const kernel = parts.add<tf.Rank.R2>("kernel", [channels, 2]);
				return { featureSize: 2, features: (image) => tf.matMul(tf.mean(image, [1, 2]), kernel) };
			},
		});
		const own = layer.apply(seen) as tf.Tensor;
		expect(Object.keys(named(layer))).toEqual(["localization/kernel", "theta/kernel", "theta/bias"]);
		expect(() => layer.getConfig()).toThrow(/`localization` is a function.*localization: 'given'/);
		tf.dispose([seen, own]);
		for (const one of [whole, copy, layer]) one.dispose();
	});
});
