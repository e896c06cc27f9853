import { giveWay } from "@heed/command-line";
import { type AttentionData, attentionData, captureAttention, disposeAttention } from "@heed/layers";
import { Vocabulary } from "@heed/nlp";
import * as tf from "@tensorflow/tfjs-core";
import type { Reader } from "./build-model.ts";
import type { Codec } from "./codec.ts";
import type { Question } from "./question.ts";
import { toQuestionBatch } from "./question-batches.ts";
import { type Reading, together } from "./reading.ts";
import { tokensOf, wordOf } from "./tokens.ts";

const questionsPerBatch = 64;

/**
 * Answers questions, in the order given. The answer is the most probable candidate, or the most probable word where
 * there are no candidates. Where that is the unknown word, it is the unknown word of the story that gets most attention.
 */
export async function answerQuestions(
	model: Reader,
	codec: Codec,
	questions: readonly Question[],
): Promise<Reading[]> {
	const encoded = questions.map((question) => codec.encode(question));
	const order = [...encoded.keys()].sort(
		(a, b) => (encoded[a]?.document.length ?? 0) - (encoded[b]?.document.length ?? 0),
	);
	const readings: Reading[] = [];
	for (let start = 0; start < order.length; start += questionsPerBatch) {
		await giveWay();
		const chosen = order.slice(start, start + questionsPerBatch);
		const batch = toQuestionBatch(chosen.flatMap((index) => encoded[index] ?? []));
		try {
			const { result, records } = captureAttention(() => model.predict(batch));
			try {
				const [, width = 1] = result.shape;
				const probabilities = await result.data<"float32">();
				const looks = await Promise.all(records.map(attentionData));
				chosen.forEach((index, row) => {
					const question = questions[index];
					if (question === undefined) return;
					const chances = probabilities.subarray(row * width, (row + 1) * width);
					readings[index] = toReading(codec, question, batch.candidates !== undefined, chances, looks, row);
				});
			} finally {
				disposeAttention(records);
				result.dispose();
			}
		} finally {
			tf.dispose({ ...batch } as tf.TensorContainer);
		}
	}
	return readings;
}

function toReading(
	codec: Codec,
	question: Question,
	isChoice: boolean,
	chances: Float32Array,
	looks: readonly AttentionData[],
	row: number,
): Reading {
	const documentTokens = question.story.flatMap(tokensOf);
	const words = tokensOf(question.query);
	const [byWord, atOnce] = looks; // attention over attention says also what all words look at together
	const rows = lookedAt(byWord, row, documentTokens.length);
	const named = rows.length === 1 ? [together] : words;
	const lines = rows.slice(0, named.length);
	const queryTokens = [...named];
	if (atOnce !== undefined) {
		queryTokens.push(together);
		lines.push(...lookedAt(atOnce, row, documentTokens.length));
	}
	const weights = new Float32Array(lines.length * documentTokens.length);
	lines.forEach((line, i) => {
		weights.set(line, i * documentTokens.length);
	});

	const count = isChoice ? (question.candidates?.length ?? 0) : chances.length;
	const options = chances.subarray(0, count);
	const best = options.indexOf(Math.max(...options));
	const unknown = (): string => mostSeen(codec, documentTokens, lines.at(-1));
	const said = isChoice ? wordOf(question.candidates?.[best] ?? "") : codec.vocabulary.tokenOf(best);
	const answer = !isChoice && best === Vocabulary.unk ? unknown() : said;
	return { question, answer, probability: options[best] ?? 0, documentTokens, queryTokens, weights };
}

/** The rows of one question in a record `[batch, query, key]` or `[batch, key]`, without the padding of the story. */
function lookedAt(look: AttentionData | undefined, batch: number, length: number): Float32Array[] {
	if (look === undefined) return [];
	const { shape, weights } = look;
	const [queries, keys] = shape.length === 3 ? [shape[1] ?? 0, shape[2] ?? 0] : [1, shape[1] ?? 0];
	return Array.from({ length: queries }, (_, query) => {
		const start = (batch * queries + query) * keys;
		return weights.subarray(start, start + length);
	});
}

function mostSeen(codec: Codec, tokens: readonly string[], weights: Float32Array | undefined): string {
	let best = codec.vocabulary.tokenOf(Vocabulary.unk);
	let most = Number.NEGATIVE_INFINITY;
	tokens.forEach((token, i) => {
		const weight = weights?.[i] ?? 0;
		if (codec.vocabulary.has(token) || weight <= most) return;
		best = token;
		most = weight;
	});
	return best;
}
