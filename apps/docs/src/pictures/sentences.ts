import "@heed/backend-wasm";
import { attentionData, captureAttention, disposeAttention } from "@heed/layers";
import { padPairs, type Seq2SeqBatch, toSeq2SeqBatch, Vocabulary } from "@heed/nlp";
import { Adam, exampleBatches, seededOrder, train } from "@heed/train";
import { type AttentionMap, attentionMaps } from "@heed/viz";
import * as tf from "@tensorflow/tfjs-core";

const articles = Object.entries({ the: "le", a: "un" });
const nouns = Object.entries({ cat: "chat", dog: "chien", horse: "cheval", rabbit: "lapin" });
const adjectives = [undefined, ...Object.entries({ black: "noir", white: "blanc", green: "vert" })];
const verbs = Object.entries({ sees: "voit", follows: "suit", likes: "aime" });
const count = 2 * 4 * 4 * 3 * 2 * 4 * 4;

/** A sentence in English and in French, where an adjective stands behind its noun. */
interface Sentence {
	readonly english: readonly string[];
	readonly french: readonly string[];
}

/** The sentence of the pictures, which no model is trained on. */
export const shown: Sentence = {
	english: ["the", "black", "cat", "sees", "a", "white", "rabbit"],
	french: ["le", "chat", "noir", "voit", "un", "lapin", "blanc"],
};

const sentences = Array.from(seededOrder(count, 1, 0), sentenceOf)
	.filter(({ english }) => english.join(" ") !== shown.english.join(" "))
	.slice(0, 256);
const english = Vocabulary.fromTokens(sentences.map((sentence) => sentence.english));
export const french: Vocabulary = Vocabulary.fromTokens(sentences.map((sentence) => sentence.french));
const pairs = sentences.map(encode);

/** What the config of every model says. */
export const translates = {
	sourceVocabularySize: english.size,
	targetVocabularySize: french.size,
	seed: 1,
};

function sentenceOf(number: number): Sentence {
	let rest = number;
	const pick = <T>(list: readonly T[]): T => {
		const item = list[rest % list.length] as T;
		rest = Math.floor(rest / list.length);
		return item;
	};
	const phrase = (): Sentence => {
		const [article, noun, adjective] = [pick(articles), pick(nouns), pick(adjectives)];
		return {
			english: [article[0], ...(adjective ? [adjective[0]] : []), noun[0]],
			french: [article[1], noun[1], ...(adjective ? [adjective[1]] : [])],
		};
	};
	const [subject, verb, object] = [phrase(), pick(verbs), phrase()];
	return {
		english: [...subject.english, verb[0], ...object.english],
		french: [...subject.french, verb[1], ...object.french],
	};
}

function encode(sentence: Sentence): { source: number[]; target: number[] } {
	return {
		source: english.encode(sentence.english),
		target: french.encode(sentence.french, { bos: true, eos: true }),
	};
}

/** The sentence of the pictures; the caller disposes it. */
export const shownBatch = (): Seq2SeqBatch => toSeq2SeqBatch(padPairs([encode(shown)], [0]));

/** What can learn to translate. */
interface Translator {
	readonly weights: ReadonlyMap<string, tf.Variable>;
	loss(batch: Seq2SeqBatch, options: { readonly trainingSeed?: number | undefined }): tf.Scalar;
	logits(batch: Seq2SeqBatch): tf.Tensor3D;
}

/** Trains a model on 256 sentences. It is told what to write, never where to look. */
export async function trainTranslator(
	model: Translator,
	{ epochs, learningRate = 0.01 }: { readonly epochs: number; readonly learningRate?: number },
): Promise<void> {
	await tf.ready();
	await train({
		variables: model.weights,
		optimizer: new Adam({ learningRate }),
		data: exampleBatches({
			examples: pairs.length,
			batchSize: 32,
			makeBatch: (rows) => toSeq2SeqBatch(padPairs(pairs, rows)),
		}),
		loss: (batch, { seed }) => model.loss(batch, { trainingSeed: seed }),
		clipNorm: 1,
		epochs,
	});
}

/** Where a model looks in the source while it writes the sentence of the pictures, for every layer and head. */
export async function lookAtSource(model: Translator): Promise<AttentionMap[]> {
	const batch = shownBatch();
	const { result, records } = captureAttention(() => model.logits(batch));
	const data = await Promise.all(records.map(attentionData));
	tf.dispose([result, { ...batch }]);
	disposeAttention(records);
	const tokens = { queryTokens: [...shown.french, "⏎"], keyTokens: shown.english };
	const axisLabels = { query: "written", key: "read" };
	return data
		.filter(({ layer }) => !layer.includes("self_attention"))
		.flatMap((record) => attentionMaps(record, tokens))
		.map((map) => ({ ...map, axisLabels }));
}

/** The word that a row of a map looks at most. */
export function lookedAt({ queryTokens, keyTokens, weights }: AttentionMap, written: string): string {
	const row = queryTokens.indexOf(written) * keyTokens.length;
	const own = Array.from(weights).slice(row, row + keyTokens.length);
	return keyTokens[own.indexOf(Math.max(...own))] ?? "";
}
