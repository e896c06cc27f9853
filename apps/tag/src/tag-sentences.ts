import { giveWay } from "@heed/command-line";
import { type AttentionRecord, attentionData, captureAttention, disposeAttention } from "@heed/layers";
import { Tagger, toSentenceBatch } from "@heed/nlp";
import * as tf from "@tensorflow/tfjs-core";
import type { Codec } from "./codec.ts";
import type { ModelSettings } from "./settings.ts";
import type { Tagging } from "./tagging.ts";

const sentencesPerBatch = 64;

/** Makes the model that the settings describe, with fresh weights. */
export function buildModel(settings: ModelSettings, codec: Codec): Tagger {
	const { selfAttention, heads, crf, cell, layers, units, embedding, affixBuckets, dropout, seed } = settings;
	return new Tagger({
		vocabularySize: codec.words.size,
		tags: codec.tags.length,
		embeddingSize: embedding,
		affixBuckets,
		units,
		cell,
		layers,
		selfAttention: selfAttention ? { heads } : null,
		output: crf ? "crf" : "softmax",
		dropout,
		seed,
	});
}

/** Tags sentences, in the order given. With `look`, the taggings tell where the words looked. */
export async function tagSentences(
	model: Tagger,
	codec: Codec,
	sentences: readonly (readonly string[])[],
	{ look = false }: { readonly look?: boolean } = {},
): Promise<Tagging[]> {
	const taggings: Tagging[] = sentences.map((words) => ({ words, tags: [] }));
	const order = [...sentences.keys()]
		.filter((index) => sentences[index]?.length !== 0)
		.sort((a, b) => (sentences[a]?.length ?? 0) - (sentences[b]?.length ?? 0));
	for (let start = 0; start < order.length; start += sentencesPerBatch) {
		await giveWay();
		const chosen = order.slice(start, start + sentencesPerBatch);
		const batch = toSentenceBatch(chosen.map((index) => codec.encode(sentences[index] ?? [])));
		try {
			const { result, records } = look
				? await captureAttention(() => model.tag(batch))
				: { result: await model.tag(batch), records: [] };
			const weights = await meanOverHeads(records);
			chosen.forEach((index, row) => {
				const words = sentences[index] ?? [];
				const own = weights?.(row, words.length);
				const tags = codec.decode(result[row] ?? []);
				taggings[index] = { words, tags, ...(own && { weights: own }) };
			});
		} finally {
			tf.dispose({ ...batch });
		}
	}
	return taggings;
}

/** Cuts the weights of one sentence out of those of the batch. */
type CutOut = (row: number, length: number) => Float32Array;

async function meanOverHeads(records: AttentionRecord[]): Promise<CutOut | undefined> {
	const [record] = records;
	if (record === undefined) return undefined;
	const { shape, weights } = await attentionData(record);
	disposeAttention(records);
	const [, heads = 1, width = 0] = shape;
	return (row, length) => {
		const own = new Float32Array(length * length);
		for (let head = 0; head < heads; head++) {
			for (let query = 0; query < length; query++) {
				const from = ((row * heads + head) * width + query) * width;
				for (let key = 0; key < length; key++) {
					const place = query * length + key;
					own[place] = (own[place] ?? 0) + (weights[from + key] ?? 0) / heads;
				}
			}
		}
		return own;
	};
}
