import type { LabelledImages } from "@heed/command-line/digits";
import { useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { type Attention, attentions, placeOf } from "./attention-choice.ts";
import { buildClassifier } from "./classifier.ts";
import { judge } from "./judge.ts";
import { lookAt } from "./look.ts";

/** Those that weigh channels alone, and so have no place to show. */
const channelOnly = ["se", "ese", "eca", "ceca", "srm", "gct", "fca", "hard-channel", "cbam-channel"];

const pictures: LabelledImages = {
	images: Uint8Array.from({ length: 3 * 13 * 11 }, (_, i) => (i * 37) % 256),
	labels: Uint8Array.of(0, 2, 1),
	count: 3,
	height: 13,
	width: 11,
};

describe("lookAt", () => {
	useBackend("wasm");
	const build = (attention: Attention) =>
		buildClassifier({
			...{ attention, place: placeOf(attention), width: 16, height: 13, columns: 11, classes: 3, seed: 5 },
		});

	it.each(attentions.map((attention) => [attention]))(
		"tells exactly where scores come from: %s",
		async (attention) => {
			const before = tf.memory().numTensors;
			const model = build(attention);
			const looks = await lookAt(model, pictures);
			expect(looks).toHaveLength(3);
			for (const { classMap, probabilities, predicted, pixels, channels } of looks) {
				const means = [0, 1, 2].map((of) => {
					const { rows, columns, weights } = classMap(of);
					expect([rows, columns, weights.length]).toEqual([4, 3, 12]);
					return weights.reduce((sum, weight) => sum + weight / 12, 0);
				});
				const sum = means.reduce((a, b) => a + Math.exp(b), 0);
				means.forEach((mean, of) => {
					expect(probabilities[of]).toBeCloseTo(Math.exp(mean) / sum, 4);
				});
				expect(means[predicted]).toBeCloseTo(Math.max(...means), 4);
				expect(means.reduce((a, b) => a + b)).toBeCloseTo(0, 4);
				const layers = attention === "none" ? 0 : placeOf(attention) === "block" ? 3 : 2;
				expect([pixels.length, channels.length]).toEqual(
					channelOnly.includes(attention) ? [0, layers] : [layers, 0],
				);
				for (const { rows, columns, weights } of pixels) expect(weights).toHaveLength(rows * columns);
				expect(pixels.slice(0, 2).map(({ rows, columns }) => [rows, columns])).toEqual(
					pixels.length === 0
						? []
						: [
								[7, 6],
								[4, 3],
							],
				);
			}
			const { predicted, correct, loss } = await judge(model, pictures);
			expect(predicted).toEqual(looks.map((look) => look.predicted));
			expect(correct).toBe(predicted.filter((found, i) => found === [0, 2, 1][i]).length);
			const expected = looks.reduce(
				(sum, { probabilities }, i) => sum - Math.log(probabilities[[0, 2, 1][i] ?? 0] ?? 0) / 3,
				0,
			);
			expect(loss).toBeCloseTo(expected, 4);
			model.dispose();
			expect(tf.memory().numTensors).toBe(before);
		},
	);
});
