import { alignmentFromAttention, beamDecode, Seq2Seq } from "@heed/nlp";
import type { AttentionMap } from "@heed/viz";
import * as tf from "@tensorflow/tfjs-core";
import { french, shown, shownBatch, trainTranslator, translates } from "./sentences.ts";

/** What a beam search found: where the model looked for each word, and the links that are read from it. */
export async function links(): Promise<AttentionMap[]> {
	await tf.ready();
	const model = new Seq2Seq({
		...translates,
		embeddingSize: 16,
		units: 32,
		attention: { kind: "bahdanau", units: 32 },
		dropout: 0.2,
	});
	await trainTranslator(model, { epochs: 8 });
	const batch = shownBatch();
	const [best] = await beamDecode(model, batch, { beamSize: 3, maxLength: 10 });
	tf.dispose({ ...batch });
	model.dispose();
	const [hypothesis] = best ?? [];
	if (hypothesis?.alignment === undefined) throw new Error("links: the search gave no alignment.");
	const words = french.decode(hypothesis.tokens);
	const source = shown.english.length;
	const weights = hypothesis.alignment.slice(0, words.length * source);
	const linked = alignmentFromAttention(weights, [words.length, source]);
	const cells = new Float32Array(weights.length);
	for (const [from, to] of linked) cells[to * source + from] = 1;
	const axes = {
		queryTokens: words,
		keyTokens: shown.english,
		axisLabels: { query: "written", key: "read" },
	};
	return [
		{ ...axes, title: "attention of the best hypothesis", weights },
		{ ...axes, title: "alignmentFromAttention", weights: cells },
	];
}
