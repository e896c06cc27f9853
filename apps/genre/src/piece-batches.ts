import {
	batchOrder,
	type DocumentBatch,
	hashText,
	type LabelledDocuments,
	padBatch,
	toTensors,
	Vocabulary,
} from "@heed/nlp";
import type { BatchPlace, BatchSource } from "@heed/train";
import * as tf from "@tensorflow/tfjs-core";
import type { EncodedPiece } from "./codec.ts";

/** Sentences of word ids. */
export type EncodedSentences = readonly (readonly number[])[];

/** Runs of so many batches are sorted by length, so that pieces of a batch need little padding. */
const bucketBatches = 20;

/** What a piece costs: the words of a flat one, else the longest sentence, to whose length the others are padded. */
export function costOf(sentences: EncodedSentences, flat: boolean): number {
	const lengths = sentences.map(({ length }) => length);
	return flat ? lengths.reduce((sum, length) => sum + length, 0) : Math.max(0, ...lengths);
}

/** The tensors of pieces, by sentences or as plain words; the caller disposes them. */
export function toDocumentBatch(pieces: readonly EncodedSentences[], flat: boolean): DocumentBatch {
	if (flat) {
		const { ids, lengths } = toTensors(padBatch(pieces.map((sentences) => sentences.flat())));
		return { tokens: ids, wordLengths: lengths };
	}
	const counts = pieces.map(({ length }) => length);
	const most = Math.max(1, ...counts);
	const rows = pieces.flatMap((sentences) => Array.from({ length: most }, (_, i) => sentences[i] ?? []));
	const { ids, lengths, shape } = padBatch(rows);
	return {
		tokens: tf.tensor3d(ids, [pieces.length, most, shape[1]], "int32"), // [B, S, W]
		wordLengths: tf.tensor2d(lengths, [pieces.length, most], "int32"), // [B, S]
		sentenceLengths: tf.tensor1d(counts, "int32"), // [B]
	};
}

/** How batches are made. */
interface BatchOptions {
	readonly batchSize: number;
	readonly flat: boolean;
}

/**
 * The batches of a training: in every epoch other pieces stand together and other words are read as unknown, and all that is drawn is a
 * function of the seed and the epoch.
 */
export function trainingBatches(
	pieces: readonly EncodedPiece[],
	{ batchSize, flat, wordDropout }: BatchOptions & { readonly wordDropout: number },
): BatchSource<LabelledDocuments> {
	const costs = pieces.map(({ sentences }) => costOf(sentences, flat));
	let known: { readonly key: string; readonly order: number[][] } | undefined;
	const indices = ({ seed, epoch, index }: { seed: number; epoch: number; index: number }): number[] => {
		const key = `${seed} ${epoch}`;
		if (known?.key !== key) {
			known = { key, order: batchOrder(costs, { batchSize, seed, epoch, bucketBatches }) };
		}
		return known.order[index] ?? [];
	};
	return {
		batches: Math.ceil(pieces.length / batchSize),
		size: (place) => indices(place).length,
		batch: (place) => {
			const chosen = choose(pieces, indices(place));
			return toLabelled(wordDropout > 0 ? dropWords(chosen, wordDropout, place) : chosen, flat);
		},
	};
}

/** The batches of a validation: always the same, sorted by length. */
export function validationBatches(
	pieces: readonly EncodedPiece[],
	{ batchSize, flat }: BatchOptions,
): BatchSource<LabelledDocuments> {
	const costs = pieces.map(({ sentences }) => costOf(sentences, flat));
	const order = batchOrder(costs, { batchSize, bucketBatches: 0 });
	return {
		batches: order.length,
		size: ({ index }) => order[index]?.length ?? 0,
		batch: ({ index }) => toLabelled(choose(pieces, order[index] ?? []), flat),
	};
}

function choose(pieces: readonly EncodedPiece[], indices: readonly number[]): EncodedPiece[] {
	return indices.map((index) => pieces[index]).filter((piece) => piece !== undefined);
}

/** Makes some words unknown, others at every place of every epoch. */
function dropWords(
	pieces: readonly EncodedPiece[],
	rate: number,
	{ seed, epoch, index }: BatchPlace,
): EncodedPiece[] {
	let place = 0;
	const start = hashText(`words ${epoch} ${index}`, seed);
	const drop = (id: number): number =>
		hashText(String(place++), start) < rate * 2 ** 32 ? Vocabulary.unk : id;
	return pieces.map(({ sentences, label }) => ({ sentences: sentences.map((ids) => ids.map(drop)), label }));
}

function toLabelled(pieces: readonly EncodedPiece[], flat: boolean): LabelledDocuments {
	const batch = toDocumentBatch(
		pieces.map(({ sentences }) => sentences),
		flat,
	);
	const labels = pieces.map(({ label }) => label);
	return { ...batch, labels: tf.tensor1d(labels, "int32") };
}
