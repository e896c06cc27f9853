import { useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-layers"; // brings the gradients of the host's ops
import { describe, expect, it } from "vitest";
import { learnCodec } from "./codec.ts";
import { type FrameBatch, frameBatches } from "./frame-batch.ts";
import { answerAll } from "./looks.ts";
import { questionBatch } from "./question-batch.ts";
import type { VideoExample } from "./video.ts";
import { type AttentionKind, VideoQaModel } from "./video-qa-model.ts";

/** A dot that moves, `count` frames of 11 × 7. */
function dot(name: string, count: number, answer: string): VideoExample {
	const frames = new Uint8Array(count * 77);
	for (let t = 0; t < count; t++) frames[t * 77 + 14 + t + name.length] = 255;
	const questions = [
		{ text: "where does it go", answer, type: "way" },
		{ text: "what?", answer: "dot", type: "what" },
	];
	const seen = Array.from({ length: count }, (_, t) => [t % 3]);
	return { video: { name, frames, count, height: 11, width: 7 }, questions, seen };
}
const examples = [dot("a", 5, "right"), dot("bb", 3, "left")];
const codec = learnCodec(
	examples.flatMap(({ questions }) => questions),
	3,
);
const build = (attention: AttentionKind): VideoQaModel =>
	new VideoQaModel({
		attention,
		words: codec.words.size,
		answers: codec.answers.length,
		seenClasses: 3,
		features: 6,
		embedding: 3,
		units: 5,
		attentionUnits: 4,
		dropout: 0,
		seenWeight: 0.5,
		seed: 1,
	});
const kinds = ["spatial", "temporal", "both", "none"] as const;

describe("VideoQaModel", () => {
	useBackend("cpu");

	it.each(kinds)("learns with %s attention by every weight, and leaves no tensor", (attention) => {
		const model = build(attention);
		const batch = questionBatch(examples, codec);
		const frames = frameBatches(examples, 3, 9).batch({ epoch: 0, index: 8, seed: 1 }) as FrameBatch;
		expect(frames.pairs.shape).toEqual([8, 11, 7, 2]);
		const before = tf.memory().numTensors;
		const variables = [...model.weights.values()];
		const still = tf.tidy(() => {
			const { value, grads } = tf.variableGrads(() => {
				const { loss } = model.loss(batch, 1);
				expect(loss.dataSync()[0]).toBeGreaterThan(model.loss(batch).loss.dataSync()[0] ?? 0); // what is seen counts
				return tf.add(loss, model.seenLoss(frames));
			}, variables);
			expect(value.dataSync()[0]).toBeGreaterThan(1);
			return [...model.weights]
				.filter(([, { name }]) => !grads[name]?.dataSync().some((slope) => Math.abs(slope) > 0))
				.map(([path]) => path)
				.filter((path) => !path.endsWith("score/bias")); // a softmax does not see it
		});
		expect(still).toEqual([]);
		tf.dispose(tf.tidy(() => model.logits(batch)));
		expect(tf.memory().numTensors).toBe(before);
		model.dispose();
		expect(tf.memory().numTensors).toBe(before - variables.length);
		tf.dispose([{ ...batch }, { ...frames }]);
	});

	it.each(kinds)(
		"answers each question of each video with %s attention as if it were alone",
		async (attention) => {
			const model = build(attention);
			const together = await answerAll(model, codec, examples);
			const before = tf.memory().numTensors;
			const alone = (
				await Promise.all(
					examples.flatMap(({ video, questions }) =>
						questions.map((question) => answerAll(model, codec, [{ video, questions: [question] }])),
					),
				)
			).flat();
			expect(tf.memory().numTensors).toBe(before);
			together.forEach(({ probabilities, frames, places, video, question }, i) => {
				expect([video.name, question.text]).toEqual([alone[i]?.video.name, alone[i]?.question.text]);
				for (const [of, share] of probabilities.entries()) {
					expect(share).toBeCloseTo(alone[i]?.probabilities[of] ?? 0, 5);
				}
				expect(frames?.length).toBe(
					attention === "temporal" || attention === "both" ? video.count : undefined,
				);
				if (frames) expect(frames.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
				expect(places?.weights.length).toBe(
					attention === "spatial" || attention === "both" ? video.count * 6 : undefined,
				);
				for (let t = 0; places && t < video.count; t++) {
					expect(places.weights.slice(t * 6, t * 6 + 6).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(
						1,
						5,
					);
				}
			});
			model.dispose();
		},
	);
});
