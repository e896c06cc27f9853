import { describeOnEveryBackend, expectClose, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import {
	initializers,
	input,
	type LayersModel,
	layers,
	model,
	type SymbolicTensor,
} from "@tensorflow/tfjs-layers";
import { expect, it } from "vitest";
import { saveAndLoad } from "../test/save-and-load.ts";
import { squeezeExcite } from "./channel/squeeze-excite.ts";
import { cbam } from "./mixed/cbam.ts";
import { scaCnnAttention } from "./mixed/sca-cnn-attention.ts";
import { attentionPooling2d } from "./spatial/attention-pooling-2d.ts";
import { nonLocal } from "./spatial/non-local.ts";

const [batch, height, width, channels, querySize, classes] = [4, 3, 5, 2, 3, 2];

/** Attention of every family that keeps the map, one behind the other, and a class; all of them know which pixels count. */
function network(): LayersModel {
	const x = input({ shape: [null, null, channels] });
	const query = input({ shape: [querySize] });
	const mask = input({ shape: [null, null], dtype: "bool" });
	const options = { seed: 1, rdChannels: 2 };
	const weighed = squeezeExcite(options).apply([x, mask]) as SymbolicTensor;
	const related = nonLocal({ seed: 2 }).apply([weighed, mask]) as SymbolicTensor;
	const gated = cbam({ ...options, kernelSize: 3 }).apply([related, mask]) as SymbolicTensor;
	const asked = scaCnnAttention({ seed: 3, units: 3 }).apply([gated, query, mask]) as SymbolicTensor;
	const pooled = attentionPooling2d({ seed: 4, units: 3 }).apply([asked, mask]) as SymbolicTensor;
	const kernelInitializer = initializers.glorotUniform({ seed: 5 });
	const last = layers.dense({ units: classes, activation: "softmax", kernelInitializer });
	return model({ inputs: [x, query, mask], outputs: last.apply(pooled) as SymbolicTensor });
}

describeOnEveryBackend("a mask of pixels as an input of a tf.model", () => {
	it("reaches every layer in fit and predict, and in what was saved", async () => {
		tf.env().set("IS_TEST", false); // its check refuses the host's dense layer on wasm
		const built = network();
		const live = tf.tensor3d(
			Array.from({ length: batch * height * width }, (_, i) => Number(i % 4 > 0)),
			[batch, height, width],
			"bool",
		);
		const [image, query] = [
			randomTensor([batch, height, width, channels], 1),
			randomTensor([batch, querySize], 2),
		];
		const filled = (value: number): tf.Tensor =>
			tf.tidy(() => tf.where(tf.expandDims(live, 3), image, tf.fill(image.shape, value)));
		const [spoilt, clean] = [filled(Number.NaN), filled(7)];
		const labels = tf.oneHot(tf.tensor1d([0, 1, 1, 0], "int32"), classes);
		built.compile({ optimizer: tf.train.adam(0.02), loss: "categoricalCrossentropy" });
		const { history } = await built.fit([spoilt, query, live], labels, {
			epochs: 8,
			batchSize: batch, // shuffled otherwise, by chance
			verbose: 0,
		});
		const losses = history.loss as number[];
		expect(losses.every(Number.isFinite)).toBe(true); // a single NaN that was seen would be in all that follows
		expect(losses.at(-1)).toBeLessThan(losses[0] as number);
		const copy = await saveAndLoad(built);
		const said = [
			built.predict([spoilt, query, live]),
			built.predict([clean, query, live]),
			copy.predict([spoilt, query, live]),
		] as [tf.Tensor, tf.Tensor, tf.Tensor];
		expectClose(said[1], said[0], { atol: 0 });
		expectClose(said[2], said[0], { atol: 1e-6 });
		tf.dispose([live, image, query, spoilt, clean, labels, said]);
		built.dispose();
		copy.dispose();
	});
});
