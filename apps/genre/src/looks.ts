import { type AttentionData, type AttentionRecord, attentionData, disposeAttention } from "@heed/layers";
import type { ReadSentence } from "./classification.ts";

type Sentences = readonly (readonly string[])[];

/** Tells where piece `row` of a batch was looked at. */
export type LookReader = (row: number, sentences: Sentences) => ReadSentence[];

/** Reads what a capture recorded around a classifier, and frees it. Without records, sentences have no weights. */
export async function readLooks(records: readonly AttentionRecord[]): Promise<LookReader> {
	const [words, sentences] = await Promise.all(
		records.map(async (record) => meanOverHops(await attentionData(record))),
	);
	disposeAttention(records);
	if (words === undefined) return (_, own) => own.map((sentence) => ({ words: sentence }));
	return sentences === undefined ? flatReader(words) : hierarchicalReader(words, sentences);
}

/** Weights without the axis of hops. */
interface Weights {
	readonly shape: readonly number[];
	readonly values: Float32Array;
}

function meanOverHops({ axes, shape, weights }: AttentionData): Weights {
	const hopAxis = axes.indexOf("hop");
	if (hopAxis < 0) return { shape, values: weights };
	const [hops, width] = [shape[hopAxis] ?? 1, shape.at(-1) ?? 1]; // the hop is the last but one
	const values = new Float32Array(weights.length / hops);
	weights.forEach((weight, place) => {
		const [row, column] = [Math.floor(place / (hops * width)), place % width];
		const mean = row * width + column;
		values[mean] = (values[mean] ?? 0) + weight / hops;
	});
	return { shape: shape.filter((_, axis) => axis !== hopAxis), values };
}

function hierarchicalReader(words: Weights, sentences: Weights): LookReader {
	const [, most = 0, width = 0] = words.shape;
	return (row, own) =>
		own.map((sentence, i) => {
			const from = (row * most + i) * width;
			return {
				words: sentence,
				weight: sentences.values[row * most + i] ?? 0,
				wordWeights: Array.from(words.values.subarray(from, from + sentence.length)),
			};
		});
}

/** Words of a flat piece follow each other; a sentence has what its words have. */
function flatReader(words: Weights): LookReader {
	const [, width = 0] = words.shape;
	return (row, own) => {
		let from = row * width;
		return own.map((sentence) => {
			const weights = Array.from(words.values.subarray(from, from + sentence.length));
			from += sentence.length;
			const weight = weights.reduce((sum, one) => sum + one, 0);
			return {
				words: sentence,
				weight,
				wordWeights: weights.map((one) => (weight > 0 ? one / weight : 0)),
			};
		});
	};
}
