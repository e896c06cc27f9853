import { describeOnEveryBackend, expectClose } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { it } from "vitest";
import { dot, type Matrix, plus } from "../../test/plain-forward.ts";
import { bothWays, randomWeights, softmax, times, type Weights } from "../../test/plain-recurrent.ts";
import { AttentionOverAttentionReader } from "./attention-over-attention-reader.ts";
import { AttentiveReader } from "./attentive-reader.ts";
import type { ClozeReader } from "./cloze-reader.ts";
import { ImpatientReader } from "./impatient-reader.ts";
import type { ClozeBatch } from "./reader-batch.ts";

// The readers' formulas in float64 plain JavaScript, word by word, for one question without padding.
const tanh = (x: number[]): number[] => x.map(Math.tanh);
const scaled = (x: number[], by: number): number[] => x.map((value) => value * by);

function readText(ids: number[], weights: Weights, name: string): { states: Matrix; summary: number[] } {
	const embedded = ids.map((id) => weights("embedding")[id] as number[]);
	const states = bothWays(embedded, weights, name);
	const units = Number(states[0]?.length) / 2;
	return { states, summary: [...(states.at(-1) ?? []).slice(0, units), ...(states[0] ?? []).slice(units)] };
}

function look(y: Matrix, asked: number[], weights: Weights): number[] {
	const [w] = weights("attention/score/kernel");
	const s = softmax(
		y.map((yt) => dot(w as number[], tanh(plus(times(yt, weights("attention/document/kernel")), asked)))),
	);
	return plus(...y.map((yt, t) => scaled(yt, Number(s[t]))));
}

function answer(r: number[], u: number[], weights: Weights): number[] {
	const g = tanh(
		plus(times(r, weights("combine/document/kernel")), times(u, weights("combine/query/kernel"))),
	);
	return softmax(weights("output/table").map((row) => dot(row, g)));
}

const references: Record<string, (document: number[], query: number[], weights: Weights) => number[]> = {
	AttentionOverAttentionReader: (document, query, weights) => {
		const { states: y } = readText(document, weights, "document");
		const { states: q } = readText(query, weights, "query");
		const alphas = q.map((qj) => softmax(y.map((yi) => dot(yi, qj))));
		const votes = y.map((yi) => softmax(q.map((qj) => dot(yi, qj))));
		const beta = scaled(plus(...votes), 1 / y.length);
		const s = plus(...alphas.map((alpha, j) => scaled(alpha, Number(beta[j]))));
		return weights("embedding").map((_, w) =>
			document.reduce((sum, id, i) => sum + (id === w ? Number(s[i]) : 0), 0),
		);
	},
	AttentiveReader: (document, query, weights) => {
		const { states: y } = readText(document, weights, "document");
		const { summary: u } = readText(query, weights, "query");
		return answer(look(y, times(u, weights("attention/query/kernel")), weights), u, weights);
	},
	ImpatientReader: (document, query, weights) => {
		const { states: y } = readText(document, weights, "document");
		const { states: q, summary: u } = readText(query, weights, "query");
		let [r] = weights("gathered/initial") as [number[]];
		for (const word of q) {
			const asked = plus(
				times(word, weights("attention/query/kernel")),
				times(r, weights("attention/gathered/kernel")),
			);
			r = plus(look(y, asked, weights), tanh(times(r, weights("gathered/kernel"))));
		}
		return answer(r, u, weights);
	},
};

const config = { vocabularySize: 11, embeddingSize: 3, units: 4 };
const models: [string, () => ClozeReader<never>][] = [
	["AttentionOverAttentionReader", () => new AttentionOverAttentionReader(config) as never],
	["AttentiveReader", () => new AttentiveReader({ ...config, attentionUnits: 5 }) as never],
	["ImpatientReader", () => new ImpatientReader({ ...config, attentionUnits: 5 }) as never],
];

const documents = [
	[5, 9, 4, 5, 8, 10, 4],
	[7, 8, 5],
];
const queries = [
	[3, 6],
	[6, 3, 9, 7, 10],
];
const answers = [4, 8];

/** Two questions of different lengths, filled up with words that must not count. */
function makeBatch(): ClozeBatch {
	const padded = (rows: number[][], pad: number): tf.Tensor2D => {
		const width = Math.max(...rows.map((row) => row.length));
		return tf.tensor2d(
			rows.map((row) => [...row, ...new Array<number>(width - row.length).fill(pad)]),
			undefined,
			"int32",
		);
	};
	return {
		document: padded(documents, 8),
		documentLengths: tf.tensor1d([7, 3], "int32"),
		query: padded(queries, 9),
		queryLengths: tf.tensor1d([2, 5], "int32"),
		answer: tf.tensor1d(answers, "int32"),
	};
}

describeOnEveryBackend("the readers", () => {
	it.each(models)("compute their formulas, padding and all: %s", (name, make) => {
		const model = make();
		const weights = randomWeights(model);
		const expected = documents.map((document, b) =>
			references[name]?.(document, queries[b] as number[], weights),
		) as Matrix;
		tf.tidy(() => {
			expectClose(model.predict(makeBatch()), expected.flat(), { atol: 1e-5 });
			const losses = expected.map((row, b) => -Math.log(Number(row[answers[b] ?? 0])));
			const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
			expectClose([model.loss(makeBatch()).dataSync()[0] ?? 0], [mean], { atol: 2e-5 });
		});
		model.dispose();
	});

	it.each(models)("give probabilities and losses over candidates: %s", (name, make) => {
		const model = make();
		tf.tidy(() => {
			const rows = [
				[8, 4, 5],
				[5, 8, 8],
			];
			const batch: ClozeBatch = {
				...makeBatch(),
				candidates: tf.tensor2d(rows, undefined, "int32"),
				candidateCounts: tf.tensor1d([3, 2], "int32"), // the third of the second row is padding
			};
			const all = model.predict(makeBatch()).arraySync() as Matrix;
			const chosen = rows.map((row, b) =>
				row.map((id, c) => (b === 1 && c === 2 ? 0 : Number(all[b]?.[id]))),
			);
			// One that points leaves a word its probability; one that says a word shares everything among the candidates.
			const points = name === "AttentionOverAttentionReader";
			const expected = chosen.map((row) => (points ? row : scaled(row, 1 / dot(row, [1, 1, 1]))));
			expectClose(model.predict(batch), expected.flat());
			const losses = answers.map((id, b) => -Math.log(Number(expected[b]?.[rows[b]?.indexOf(id) ?? 0])));
			expectClose([model.loss(batch).dataSync()[0] ?? 0], [(Number(losses[0]) + Number(losses[1])) / 2], {
				atol: 2e-5,
			});
		});
		model.dispose();
	});
});
