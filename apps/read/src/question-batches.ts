import { batchOrder, type ClozeBatch, padBatch, type QuestionBatch, toTensors } from "@heed/nlp";
import type { BatchSource } from "@heed/train";
import * as tf from "@tensorflow/tfjs-core";
import type { EncodedAnswer, EncodedQuestion } from "./codec.ts";

/** Runs of so many batches are sorted by length, so that stories of a batch need little padding. */
const bucketBatches = 20;

/**
 * The batches of a training: in every epoch other questions stand together, and all that is drawn is a function of the
 * seed and the epoch.
 */
export function trainingBatches(
	questions: readonly EncodedAnswer[],
	batchSize: number,
): BatchSource<ClozeBatch> {
	const lengths = questions.map(({ document }) => document.length);
	let known: { readonly key: string; readonly order: number[][] } | undefined;
	const indices = ({ seed, epoch, index }: { seed: number; epoch: number; index: number }): number[] => {
		const key = `${seed} ${epoch}`;
		if (known?.key !== key) {
			known = { key, order: batchOrder(lengths, { batchSize, seed, epoch, bucketBatches }) };
		}
		return known.order[index] ?? [];
	};
	return {
		batches: Math.ceil(questions.length / batchSize),
		size: (place) => indices(place).length,
		batch: (place) => toClozeBatch(choose(questions, indices(place))),
	};
}

/** The batches of a validation: always the same, sorted by length. */
export function validationBatches(
	questions: readonly EncodedAnswer[],
	batchSize: number,
): BatchSource<ClozeBatch> {
	const lengths = questions.map(({ document }) => document.length);
	const order = batchOrder(lengths, { batchSize, bucketBatches: 0 });
	return {
		batches: order.length,
		size: ({ index }) => order[index]?.length ?? 0,
		batch: ({ index }) => toClozeBatch(choose(questions, order[index] ?? [])),
	};
}

/** The tensors of questions; the caller disposes them. Either all have candidates or none has. */
export function toQuestionBatch(questions: readonly EncodedQuestion[]): QuestionBatch {
	const document = toTensors(padBatch(questions.map((question) => question.document)));
	const query = toTensors(padBatch(questions.map((question) => question.query)));
	const lists = questions.flatMap(({ candidates }) => (candidates === undefined ? [] : [candidates]));
	const chosen = lists.length === questions.length ? toTensors(padBatch(lists)) : undefined;
	return {
		document: document.ids,
		documentLengths: document.lengths,
		query: query.ids,
		queryLengths: query.lengths,
		...(chosen && { candidates: chosen.ids, candidateCounts: chosen.lengths }),
	};
}

function toClozeBatch(questions: readonly EncodedAnswer[]): ClozeBatch {
	const answers = questions.map(({ answer }) => answer);
	return { ...toQuestionBatch(questions), answer: tf.tensor1d(answers, "int32") };
}

function choose(questions: readonly EncodedAnswer[], indices: readonly number[]): EncodedAnswer[] {
	return indices.flatMap((index) => questions[index] ?? []);
}
