import { describeOnEveryBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { answerQuestions } from "./answer.ts";
import { buildModel } from "./build-model.ts";
import { Codec } from "./codec.ts";
import { together } from "./reading.ts";
import { defaultsOf, type ModelSettings, readerKinds } from "./settings.ts";

const known = [
	{ story: ["mary went home .", "john came ."], query: "XXXXX came .", answer: "john", kind: "who" },
	{ story: ["john went away ."], query: "john XXXXX away .", answer: "went", kind: "what" },
];
const codec = Codec.learn(known, 1);
const settings: ModelSettings = { ...defaultsOf("stories").model, units: 5, embedding: 3 };

describeOnEveryBackend("answers", () => {
	it.each(readerKinds)("keep the order, whatever shares a batch: %s", async (reader) => {
		const model = buildModel({ ...settings, reader }, codec);
		const questions = [...known, { story: ["Zebra, came away!", "mary ."], query: "mary went XXXXX" }];
		const before = tf.memory().numTensors;
		const shared = await answerQuestions(model, codec, questions);
		expect(tf.memory().numTensors).toBe(before);
		expect(shared.map(({ question }) => question)).toEqual(questions);
		for (const [i, question] of questions.entries()) {
			const [alone] = await answerQuestions(model, codec, [question]);
			const among = shared[i];
			expect(among?.answer).toBe(alone?.answer);
			expect(among?.probability).toBeCloseTo(alone?.probability ?? 0, 5);
		}
		for (const { documentTokens, queryTokens, weights, question } of shared) {
			const words = question.query.split(" ").length;
			const rows = { "attention-over-attention": words + 1, attentive: 1, impatient: words }[reader];
			expect(queryTokens).toHaveLength(rows);
			expect(queryTokens.includes(together)).toBe(reader !== "impatient");
			expect(weights).toHaveLength(rows * documentTokens.length);
			for (let row = 0; row < rows; row++) {
				const start = row * documentTokens.length;
				const sum = weights.subarray(start, start + documentTokens.length).reduce((a, b) => a + b, 0);
				expect(sum).toBeCloseTo(1, 4);
			}
		}
		model.dispose();
	});

	it("choose among candidates, and copy an unknown word of the story", async () => {
		const model = buildModel(settings, codec);
		const story = ["mary went home .", "john came ."];
		const choice = { story, query: "XXXXX came .", candidates: ["away", "mary"] };
		const [chosen] = await answerQuestions(model, codec, [choice]);
		expect(chosen?.answer).toBe("mary"); // the other is not in the story, and this reader points
		const [copied] = await answerQuestions(model, codec, [{ story: ["Zebra yak"], query: "XXXXX came ." }]);
		expect(["zebra", "yak"]).toContain(copied?.answer);
		expect(copied?.probability).toBeCloseTo(1, 5);
		model.dispose();
	});
});
