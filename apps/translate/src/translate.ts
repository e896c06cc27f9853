import { giveWay } from "@heed/command-line";
import { beamDecode, greedyDecode, type Hypothesis, Vocabulary } from "@heed/nlp";
import type { Translator } from "./build-model.ts";
import type { Codec, TargetVocabulary } from "./codec.ts";
import { copyableOf } from "./copyable.ts";
import { disposeBatch, sourceBatch } from "./pair-batches.ts";
import { endMark, type Translation } from "./translation.ts";

/** What {@link translate} needs. */
export interface TranslateOptions {
	/** Width of the beam; 1 is greedy. */
	readonly beam: number;
	/** Translations end here, in tokens. */
	readonly maxLength: number;
	/** Whether the model copies words of the source. Default false. */
	readonly copy?: boolean;
	/** Called after each batch with the number of texts that are done. */
	readonly onProgress?: (done: number) => void;
}

const textsPerBatch = 64;

/**
 * Translates texts, in the order given. Where the model writes an unknown word, the source word that it looks at most
 * is copied: it is often a name.
 */
export async function translate(
	model: Translator,
	codec: Codec,
	texts: readonly string[],
	{ beam, maxLength, copy = false, onProgress }: TranslateOptions,
): Promise<Translation[]> {
	const rows = texts.map((text) => codec.encodeSource(text));
	const order = [...rows.keys()].sort((a, b) => (rows[a]?.length ?? 0) - (rows[b]?.length ?? 0));
	const translations: Translation[] = [];
	for (let start = 0; start < order.length; start += textsPerBatch) {
		await giveWay();
		const chosen = order.slice(start, start + textsPerBatch);
		const copying = copy ? chosen.map((index) => codec.copying(texts[index] ?? "")) : undefined;
		const source = sourceBatch(
			chosen.map((index) => rows[index] ?? []),
			copying?.map(copyableOf),
		);
		try {
			const hypotheses =
				beam === 1
					? await greedyDecode(model, source, { maxLength })
					: (await beamDecode(model, source, { maxLength, beamSize: beam })).map(([best]) => best);
			chosen.forEach((index, row) => {
				const written = { hypothesis: hypotheses[row], width: source.source.shape[1] };
				translations[index] = toTranslation(codec, texts[index] ?? "", written, copying?.[row]);
			});
		} finally {
			disposeBatch(source);
		}
		onProgress?.(start + chosen.length);
	}
	return translations;
}

function toTranslation(
	codec: Codec,
	source: string,
	{ hypothesis, width }: { readonly hypothesis: Hypothesis | undefined; readonly width: number },
	vocabulary?: TargetVocabulary,
): Translation {
	const { tokens = [], logProb = 0, alignment = new Float32Array(0) } = hypothesis ?? {};
	const sourceTokens = [...codec.sourceTokens(source), endMark];
	const ended = tokens.at(-1) === Vocabulary.eos;
	const targetTokens = [...codec.targetTokens(tokens, vocabulary), ...(ended ? [endMark] : [])];
	const weights = new Float32Array(targetTokens.length * sourceTokens.length);
	targetTokens.forEach((_, row) => {
		const from = row * width; // the batch may be wider than this text
		weights.set(alignment.subarray(from, from + sourceTokens.length), row * sourceTokens.length);
	});
	const lookedAt = (position: number): string => {
		const row = weights.subarray(position * sourceTokens.length, (position + 1) * sourceTokens.length - 1);
		return sourceTokens[row.indexOf(Math.max(...row))] ?? "";
	};
	const target = codec.decodeTarget(tokens, lookedAt, vocabulary);
	return { source, target, logProbability: logProb, sourceTokens, targetTokens, weights };
}
