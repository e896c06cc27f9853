import { describeOnEveryBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { toQuestionBatch, trainingBatches, validationBatches } from "./question-batches.ts";

const questions = Array.from({ length: 23 }, (_, i) => ({
	document: new Array<number>(1 + (i % 5)).fill(i + 4),
	query: [3, 5],
	answer: i + 4,
}));

describeOnEveryBackend("the batches of a training", () => {
	it("hold every question once in each epoch, in an order of the seed and the epoch", async () => {
		const source = trainingBatches(questions, 5);
		const answersOf = async (seed: number, epoch: number): Promise<number[]> => {
			const answers: number[] = [];
			for (let index = 0; index < source.batches; index++) {
				const place = { seed, epoch, index };
				const batch = await source.batch(place);
				expect(batch.document.shape[0]).toBe(source.size(place));
				answers.push(...(await batch.answer.data()));
				const first = tf.tidy(() => tf.slice(batch.document, [0, 0], [-1, 1]).dataSync());
				expect(first).toEqual(batch.answer.dataSync());
				tf.dispose({ ...batch } as tf.TensorContainer);
			}
			return answers;
		};
		const first = await answersOf(0, 0);
		expect([...first].sort((a, b) => a - b)).toEqual(questions.map(({ answer }) => answer));
		expect(await answersOf(0, 1)).not.toEqual(first);
		expect(await answersOf(1, 0)).not.toEqual(first);
		expect(await answersOf(0, 0)).toEqual(first);
		expect(validationBatches(questions, 50).batches).toBe(1);
	});

	it("have candidates where every question has some", () => {
		const [first, second] = questions
			.slice(1, 3)
			.map((question, i) => ({ ...question, candidates: [7, 8].slice(i) }));
		if (first === undefined || second === undefined) throw new Error("unreachable");
		const batch = toQuestionBatch([first, second]);
		expect([...(batch.candidates?.dataSync() ?? [])]).toEqual([7, 8, 8, 0]);
		expect([...(batch.candidateCounts?.dataSync() ?? [])]).toEqual([2, 1]);
		const mixed = toQuestionBatch([first, ...questions.slice(0, 1)]);
		expect(mixed.candidates).toBeUndefined();
		tf.dispose([{ ...batch }, { ...mixed }] as tf.TensorContainer);
	});
});
