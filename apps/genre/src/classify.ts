import { giveWay } from "@heed/command-line";
import { type AttentionRecord, captureAttention } from "@heed/layers";
import { AttentionClassifier, type PoolingConfig } from "@heed/nlp";
import * as tf from "@tensorflow/tfjs-core";
import type { Classification } from "./classification.ts";
import type { Codec } from "./codec.ts";
import { readLooks } from "./looks.ts";
import { costOf, toDocumentBatch } from "./piece-batches.ts";
import type { ModelSettings } from "./settings.ts";

const piecesPerBatch = 64;

/** Makes the model that the settings describe, with fresh weights. */
export function buildModel(settings: ModelSettings, codec: Codec): AttentionClassifier {
	const { flat, cell, units, embedding, dropout, seed } = settings;
	return new AttentionClassifier({
		vocabularySize: codec.words.size,
		classes: codec.labels.length,
		hierarchical: !flat,
		embeddingSize: embedding,
		units,
		cell,
		pooling: poolingOf(settings),
		dropout,
		seed,
	});
}

function poolingOf({ pooling, hops, penalty }: ModelSettings): PoolingConfig {
	return pooling === "structured" ? { kind: pooling, hops, penalty } : { kind: pooling };
}

/** Classifies pieces, in the order given. With `look`, the sentences and words have the weights that they were looked at with. */
export async function classify(
	model: AttentionClassifier,
	codec: Codec,
	pieces: readonly (readonly (readonly string[])[])[],
	{ look = false }: { readonly look?: boolean } = {},
): Promise<Classification[]> {
	const flat = !model.config.hierarchical;
	const encoded = pieces.map((sentences) => codec.encode(sentences));
	const costs = encoded.map((sentences) => costOf(sentences, flat));
	const order = [...pieces.keys()].sort((a, b) => (costs[a] ?? 0) - (costs[b] ?? 0));
	const classifications: Classification[] = [];
	for (let start = 0; start < order.length; start += piecesPerBatch) {
		await giveWay();
		const chosen = order.slice(start, start + piecesPerBatch);
		const batch = toDocumentBatch(
			chosen.map((index) => encoded[index] ?? []),
			flat,
		);
		const run = (): tf.Tensor2D => tf.tidy(() => tf.logSoftmax(model.logits(batch))); // [B, C]
		let records: AttentionRecord[] = [];
		let scores: tf.Tensor2D | undefined;
		try {
			if (look) ({ result: scores, records } = captureAttention(run));
			else scores = run();
			const logs = await scores.data<"float32">();
			const looksOf = await readLooks(records);
			chosen.forEach((index, row) => {
				const own = logs.subarray(row * codec.labels.length, (row + 1) * codec.labels.length);
				const sentences = looksOf(row, pieces[index] ?? []);
				classifications[index] = { logProbabilities: Array.from(own), sentences };
			});
		} finally {
			tf.dispose([{ ...batch }, ...(scores ? [scores] : [])]);
		}
	}
	return classifications;
}
