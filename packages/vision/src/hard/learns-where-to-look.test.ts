import { everyBackend, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { DeepRecurrentAttentionModel } from "./deep-recurrent-attention-model.ts";
import { RecurrentAttentionModel } from "./recurrent-attention-model.ts";

describe("RecurrentAttentionModel, trained by reward", () => {
	useBackend(everyBackend[0] as string);

	it("learns to look where the answer is", () => {
		// A bright spot on the right says the class by its sign; from the centre it cannot be seen.
		const model = new RecurrentAttentionModel({
			...{ classes: 2, glimpses: 2, units: 8, seed: 1 },
			glimpse: { patchSize: 3, glimpseUnits: 8, locationUnits: 4, units: 8 },
			policy: { std: 0.3 },
		});
		const [rows, size] = [16, 9];
		const signs = Array.from({ length: rows }, (_, b) => b % 2);
		const pictures = tf.tidy(() => {
			const spot = tf.reshape(tf.sub(tf.mul(signs, 2), 1), [rows, 1, 1, 1]) as tf.Tensor4D;
			const wide = tf.tile(spot, [1, size, 3, 1]) as tf.Tensor4D;
			return tf.pad(wide, [
				[0, 0],
				[0, 0],
				[size - 3, 0],
				[0, 0],
			]);
		});
		const data = { images: pictures, labels: tf.tensor1d(signs, "int32") };
		const optimizer = tf.train.adam(0.02);
		const right = (): number =>
			tf.tidy(() => {
				const said = tf.argMax(model.predict(data.images), 1);
				return tf.mean(tf.cast(tf.equal(said, data.labels), "float32")).dataSync()[0] ?? 0;
			});
		const before = right();
		for (let step = 0; step < 24; step++) {
			optimizer.minimize(() => model.loss(data, { trainingSeed: step, reinforceWeight: 0.1 }));
		}
		const [, x = 0] = tf.tidy(() => {
			const ways = model.rollOut(data.images).locations;
			return [...tf.slice(ways, [0, 1, 0], [1, 1, 1]).dataSync(), 0].reverse();
		});
		expect([before, right()]).toEqual([0.5, 1]);
		expect(x).toBeGreaterThan(0.5);
		optimizer.dispose();
		tf.dispose([data.images, data.labels]);
		model.dispose();
	});
});

describe("DeepRecurrentAttentionModel, trained by reward", () => {
	useBackend(everyBackend[0] as string);

	it("learns to read from left to right", () => {
		// A strip on the left and one on the right say the labels by their signs; from the centre neither can be seen.
		const model = new DeepRecurrentAttentionModel({
			...{ classes: 2, labels: 2, glimpses: 1, units: 8, contextSize: 3, contextFilters: [], seed: 2 },
			...{ classifierUnits: 8, policy: { std: 0.3, hiddenUnits: 8 } },
			glimpse: { patchSize: 3, filters: [], glimpseUnits: 8, locationUnits: 4, units: 8 },
		});
		const [rows, size] = [16, 9];
		const signs = Array.from({ length: rows }, (_, b) => [b % 2, Math.floor(b / 2) % 2]);
		const pictures = tf.tidy(() => {
			const spots = tf.sub(tf.mul(tf.tensor2d(signs), 2), 1); // [B, 2]
			const strips = tf.tile(tf.reshape(spots, [rows, 1, 2, 1, 1]), [1, size, 1, 3, 1]);
			const [left, right] = tf.split(tf.reshape(strips, [rows, size, 6, 1]) as tf.Tensor4D, 2, 2);
			return tf.concat([left, tf.zeros([rows, size, 3, 1]), right] as tf.Tensor4D[], 2);
		});
		const data = { images: pictures, labels: tf.tensor2d(signs, [rows, 2], "int32") };
		const optimizer = tf.train.adam(0.02);
		const right = (): number =>
			tf.tidy(() => {
				const said = tf.argMax(model.predict(data.images), 2);
				return tf.mean(tf.cast(tf.equal(said, data.labels), "float32")).dataSync()[0] ?? 0;
			});
		for (let step = 0; step < 30; step++) {
			optimizer.minimize(() => model.loss(data, { trainingSeed: step, rollouts: 2, reinforceWeight: 0.1 }));
		}
		const [first, , second] = tf.tidy(() => tf.mean(model.rollOut(data.images).locations, 0).dataSync());
		expect(right()).toBe(1);
		expect(first).toBeLessThan(-0.25);
		expect(second).toBeGreaterThan(0.25);
		optimizer.dispose();
		tf.dispose([data.images, data.labels]);
		model.dispose();
	});
});
