import { useBackend } from "@heed/testing";
import { glimpseSensor } from "@heed/vision";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { defaultsOf, type ModelSettings, type Task } from "../settings.ts";
import { makeRecognizer } from "./make-recognizer.ts";
import { outlineOf } from "./outline.ts";
import { windowsOf } from "./windows.ts";

const [height, width] = [11, 9];
const form = { height, width };
const tiny = { crop: 5, localizationFilters: 2, localizationUnits: 3, filters: 2, units: 3 };
const settingsOf = (task: Task, more: Partial<ModelSettings> = {}): ModelSettings => ({
	...defaultsOf(task).model,
	...tiny,
	...{ glimpses: 3, patchSize: 3, scales: 2, stateUnits: 4 },
	...more,
});
const batch = (): { images: tf.Tensor4D; labels: tf.Tensor1D } => ({
	images: tf.randomUniform([2, height, width, 1], 0, 1, "float32", 1),
	labels: tf.tensor1d([3, 8], "int32"),
});

describe("recognizers", () => {
	useBackend("cpu");

	it.each<Partial<ModelSettings>>([
		{ task: "transformer", transform: "affine" },
		{ task: "transformer", transform: "attention" },
		{ task: "transformer", transform: "projective" },
		{ task: "transformer", transform: "tps" },
		{ task: "transformer", transform: "none" },
		{ task: "glimpses" },
		{ task: "glimpses", core: "deep" },
	])("learn, answer and tell where they look: %j", async (more) => {
		const settings = settingsOf(more.task ?? "transformer", more);
		const network = makeRecognizer(settings, form);
		const data = batch();
		const before = tf.memory().numTensors;
		const variables = [...network.weights.values()];
		const { grads, value } = tf.variableGrads(
			() => network.loss(data, { training: true, seed: 1 }).loss,
			variables,
		);
		expect(value.dataSync()[0]).toBeGreaterThan(0);
		expect(Object.values(grads).filter((gradient) => gradient === undefined)).toEqual([]);
		tf.dispose([grads, value]);
		const judged = tf.tidy(
			() => network.loss(data, { training: false, seed: 1 }).metrics?.accuracy?.dataSync()[0],
		);
		expect([0, 0.5, 1]).toContain(judged);
		const said = network.probabilities(data.images);
		expect(said.shape).toEqual([2, 10]);
		said.dispose();
		const [place, other] = await network.places(data.images);
		expect(tf.memory().numTensors).toBe(before);
		if (settings.transform === "none" && settings.task === "transformer") {
			expect([place, other]).toEqual([undefined, undefined]);
		} else if (place?.kind === "warp") {
			// Nothing is learned yet, so the whole picture is read; through the middles of the outermost pixels.
			const xs = place.outline.map(([x]) => x);
			const ys = place.outline.map(([, y]) => y);
			const edges = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
			[width / 10, width - width / 10, height / 10, height - height / 10].forEach((edge, i) => {
				expect(edges[i]).toBeCloseTo(edge, 3);
			});
			expect(place.outline).toHaveLength(settings.transform === "tps" ? 16 : 4);
			expect(place.seen.pixels).toHaveLength(25);
		} else {
			expect(place).toMatchObject({ kind: "glimpses", locations: { length: 3 }, windows: { length: 3 } });
		}
		network.dispose();
		tf.dispose(data);
	});

	it("draws other places from other seeds", () => {
		const network = makeRecognizer(settingsOf("glimpses", { std: 0.5 }), form);
		const { images, labels } = batch();
		const said = [1, 2].map((seed) =>
			tf.tidy(() => network.probabilities(images, { rollouts: 2, seed }).dataSync()),
		);
		expect(said[0]).not.toEqual(said[1]);
		network.dispose();
		tf.dispose([images, labels]);
	});

	it("draws the windows that the sensor cuts out", () => {
		const window = { patchSize: 3, numScales: 2, scale: 2 };
		const picture = tf.tensor4d(
			Float32Array.from({ length: 99 }, (_, i) => i + 1),
			[1, height, width, 1],
		);
		for (const location of [
			[0, 0],
			[-0.9, 0.95],
			[0.31, -0.42],
		] as const) {
			const patches = tf.tidy(() =>
				(glimpseSensor(window).apply([picture, tf.tensor2d([[...location]])]) as tf.Tensor).dataSync(),
			);
			windowsOf(location, [height, width], window).forEach(({ left, top, side, ratio }, scale) => {
				const mean = (row: number, column: number): number => {
					let sum = 0;
					for (let i = 0; i < ratio * ratio; i++) {
						const [y, x] = [top + row * ratio + Math.floor(i / ratio), left + column * ratio + (i % ratio)];
						if (y >= 0 && y < height && x >= 0 && x < width) sum += y * width + x + 1;
					}
					return sum / ratio ** 2;
				};
				expect(side).toBe(3 * ratio);
				for (let i = 0; i < 9; i++) {
					expect(patches[2 * i + scale]).toBeCloseTo(mean(Math.floor(i / 3), i % 3), 3);
				}
			});
		}
		picture.dispose();
	});

	it("goes round a grid", () => {
		const points = Array.from({ length: 12 }, (_, i) => [(i % 4) / 3, Math.floor(i / 4) / 2]);
		const grid = Float32Array.from(points.flat());
		const options = { height: 3, width: 4, from: [10, 20] as const };
		expect(outlineOf(grid, { ...options, straight: true })).toEqual([
			[10, 5],
			[20, 5],
			[20, 10],
			[10, 10],
		]);
		const all = outlineOf(grid, { ...options, straight: false });
		expect(all).toHaveLength(10);
		expect(new Set(all.map(String)).size).toBe(10);
	});
});
