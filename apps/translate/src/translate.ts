import {
	beamDecode,
	greedyDecode,
	type Hypothesis,
	padBatch,
	Seq2Seq,
	toTensors,
	Vocabulary,
} from "@heed/nlp";
import * as tf from "@tensorflow/tfjs-core";
import type { Codec } from "./codec.ts";
import type { ModelSettings } from "./settings.ts";
import { endMark, type Translation } from "./translation.ts";

/** What {@link translate} needs. */
export interface TranslateOptions {
	/** Width of the beam; 1 is greedy. */
	readonly beam: number;
	/** Translations end here, in tokens. */
	readonly maxLength: number;
	/** Called after each batch with the number of texts that are done. */
	readonly onProgress?: (done: number) => void;
}

const textsPerBatch = 64;

/** Makes the model that the settings describe, with fresh weights. */
export function buildModel(settings: ModelSettings, codec: Codec): Seq2Seq {
	const { attention, cell, units, embedding, dropout, seed } = settings;
	return new Seq2Seq({
		sourceVocabularySize: codec.source.size,
		targetVocabularySize: codec.target.size,
		attention: attention === "luong" ? { kind: "luong", scale: true } : { kind: "bahdanau", units },
		cell,
		units,
		embeddingSize: embedding,
		dropout,
		seed,
	});
}

/**
 * Translates texts, in the order given. Where the model writes an unknown word, the source word that it looks at most
 * is copied: it is often a name.
 */
export async function translate(
	model: Seq2Seq,
	codec: Codec,
	texts: readonly string[],
	{ beam, maxLength, onProgress }: TranslateOptions,
): Promise<Translation[]> {
	const rows = texts.map((text) => codec.encodeSource(text));
	const order = [...rows.keys()].sort((a, b) => (rows[a]?.length ?? 0) - (rows[b]?.length ?? 0));
	const translations: Translation[] = [];
	for (let start = 0; start < order.length; start += textsPerBatch) {
		const chosen = order.slice(start, start + textsPerBatch);
		const batch = padBatch(chosen.map((index) => rows[index] ?? []));
		const { ids, lengths } = toTensors(batch);
		try {
			const source = { source: ids, sourceLengths: lengths };
			const hypotheses =
				beam === 1
					? await greedyDecode(model, source, { maxLength })
					: (await beamDecode(model, source, { maxLength, beamSize: beam })).map(([best]) => best);
			chosen.forEach((index, row) => {
				translations[index] = toTranslation(codec, texts[index] ?? "", hypotheses[row], batch.shape[1]);
			});
		} finally {
			tf.dispose([ids, lengths]);
		}
		onProgress?.(start + chosen.length);
	}
	return translations;
}

function toTranslation(
	codec: Codec,
	source: string,
	hypothesis: Hypothesis | undefined,
	width: number,
): Translation {
	const { tokens = [], logProb = 0, alignment = new Float32Array(0) } = hypothesis ?? {};
	const sourceTokens = [...codec.sourceTokens(source), endMark];
	const ended = tokens.at(-1) === Vocabulary.eos;
	const targetTokens = [...codec.targetTokens(tokens), ...(ended ? [endMark] : [])];
	const weights = new Float32Array(targetTokens.length * sourceTokens.length);
	targetTokens.forEach((_, row) => {
		const from = row * width; // the batch may be wider than this text
		weights.set(alignment.subarray(from, from + sourceTokens.length), row * sourceTokens.length);
	});
	const lookedAt = (position: number): string => {
		const row = weights.subarray(position * sourceTokens.length, (position + 1) * sourceTokens.length - 1);
		return sourceTokens[row.indexOf(Math.max(...row))] ?? "";
	};
	const target = codec.decodeTarget(tokens, lookedAt);
	return { source, target, logProbability: logProb, sourceTokens, targetTokens, weights };
}
