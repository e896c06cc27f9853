import "@heed/backend-wasm";
import { Adam } from "@heed/train";
import { DeepRecurrentAttentionModel } from "@heed/vision";
import type { AttentionImage } from "@heed/viz";
import * as tf from "@tensorflow/tfjs-core";

const [rows, size] = [16, 9];

/** Trains a model to read a strip on the left and one on the right, and shows where it looked for each. */
export async function readStrips(): Promise<AttentionImage[]> {
	await tf.ready();
	const model = new DeepRecurrentAttentionModel({
		...{ classes: 2, labels: 2, glimpses: 1, units: 8, contextSize: 3, contextFilters: [], seed: 2 },
		...{ classifierUnits: 8, policy: { std: 0.3, hiddenUnits: 8 } },
		glimpse: { patchSize: 3, filters: [], glimpseUnits: 8, locationUnits: 4, units: 8 },
	});
	const truth = Array.from({ length: rows }, (_, b) => [b % 2, Math.floor(b / 2) % 2]);
	const images = tf.tidy(() => {
		const values = truth.map(([left = 0, right = 0]) => {
			const row = [left, left, left, 0.5, 0.5, 0.5, right, right, right].map((grey) => [2 * grey - 1]);
			return Array.from({ length: size }, () => row);
		});
		return tf.tensor4d(values);
	});
	const labels = tf.tensor2d(truth, [rows, 2], "int32");
	const optimizer = new Adam({ learningRate: 0.02 });
	for (let step = 0; step < 40; step++) {
		optimizer.minimize(
			() => model.loss({ images, labels }, { trainingSeed: step, rollouts: 2, reinforceWeight: 0.1 }),
			false,
			[...model.weights.values()],
		);
	}
	const { locations, logProbs } = model.rollOut(images);
	const [places, said] = [
		locations.arraySync(),
		tf.tidy(() => tf.argMax(logProbs, 2).arraySync()) as number[][],
	];
	const greys = images.arraySync();
	tf.dispose([locations, logProbs, images, labels]);
	optimizer.dispose();
	model.dispose();
	return [1, 2].map((b) => {
		const path = (places[b] ?? []).map(([x = 0, y = 0]): [number, number] => [
			((x + 1) / 2) * size,
			((y + 1) / 2) * size,
		]);
		const boxes = path.map(([x, y]) => {
			const [left, top] = [Math.floor(x) - 1, Math.floor(y) - 1];
			const points = [
				[left, top],
				[left + 3, top],
				[left + 3, top + 3],
				[left, top + 3],
			] as [number, number][];
			return { points, closed: true };
		});
		const words = (said[b] ?? []).map((label) => (label === 1 ? "bright" : "dark"));
		return {
			...{ title: `read: ${words.join(", ")}`, height: size, width: size },
			pixels: (greys[b] ?? []).flat(2).map((value) => (value + 1) / 2),
			marks: [{ points: path }, ...boxes],
		};
	});
}
