import { HeedError } from "@heed/core";
import { describeOnEveryBackend, expectNoLeak } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { AttentionOverAttentionReader } from "./attention-over-attention-reader.ts";
import { AttentiveReader } from "./attentive-reader.ts";
import { ImpatientReader } from "./impatient-reader.ts";
import type { ClozeBatch } from "./reader-batch.ts";

const small = { vocabularySize: 7, embeddingSize: 3, units: 2 };
const ids = (rows: number[][], width = rows[0]?.length ?? 0): tf.Tensor2D =>
	tf.tensor2d(rows, [rows.length, width], "int32");
const numbers = (values: number[]): tf.Tensor1D => tf.tensor1d(values, "int32");

type Wrong = Partial<Record<keyof ClozeBatch, tf.Tensor | undefined>>;

/** Two good questions, and what is wrong instead. */
const makeBatch = (wrong: Wrong = {}): ClozeBatch =>
	({
		document: ids([
			[5, 4, 6],
			[4, 6, 5],
		]),
		documentLengths: numbers([3, 2]),
		query: ids([
			[3, 5],
			[6, 3],
		]),
		queryLengths: numbers([2, 2]),
		answer: numbers([4, 6]),
		...wrong,
	}) as ClozeBatch;

const wrongs: [string, () => Wrong, string][] = [
	[
		"word",
		() => ({ document: ids([[5, 4, 7]].concat([[4, 6, 5]])) }),
		"document[0, 2] is 7; expected 0 to 6",
	],
	["query", () => ({ query: ids([[3, -1]].concat([[6, 3]])) }), "query[0, 1] is -1"],
	["rank", () => ({ query: numbers([3, 5]) }), "query [2] has rank 1; expected rank 2: [batch, query]"],
	[
		"batch",
		() => ({ query: ids([[3, 5]]) }),
		"query [batch 1, query 2] does not match document: expected batch 2",
	],
	["type", () => ({ query: tf.ones([2, 2]) }), "query is float32; expected int32"],
	["width", () => ({ document: ids([[], []]) }), "document [batch 2, document 0] is empty"],
	["size", () => ({ document: ids([], 3) }), "document [batch 0, document 3] is empty"],
	["length", () => ({ documentLengths: numbers([3, 4]) }), "documentLengths[1] is 4; expected 0 to 3"],
	["lengths", () => ({ queryLengths: undefined }), "`queryLengths` is undefined; expected a tensor"],
	["answer", () => ({ answer: numbers([4, 7]) }), "answer[1] is 7; expected 0 to 6, by the vocabulary"],
	["number of answers", () => ({ answer: numbers([4]) }), "answer [batch 1] does not match document"],
	[
		"candidate",
		() => ({ candidates: ids([[4, 5]].concat([[7, 5]])) }),
		"candidates[1, 0] is 7; expected 0 to 6",
	],
	["counts", () => ({ candidateCounts: numbers([1, 1]) }), "`candidateCounts` came without `candidates`"],
	[
		"choice",
		() => ({ candidates: ids([[4, 5]].concat([[5, 6]])), candidateCounts: numbers([2, 1]) }),
		"answer[1] is 6, which is not in its candidates. Leave such questions out.",
	],
];

describeOnEveryBackend("what a reader refuses", () => {
	it.each(wrongs)("a batch with a wrong %s", (_, wrong, message) => {
		for (const model of [new AttentionOverAttentionReader(small), new ImpatientReader(small)]) {
			const batch = makeBatch(wrong());
			const run = (): tf.Scalar => model.loss(batch);
			expect(run).toThrow(message);
			expect(run).toThrow(HeedError);
			expectNoLeak(run, { throws: true });
			expectNoLeak(() => tf.variableGrads(run, [...model.weights.values()]).grads, { throws: true });
			if (!message.startsWith("answer")) expect(() => model.predict(batch)).toThrow(message);
			tf.dispose({ ...batch } as never);
			model.dispose();
		}
	});

	it("no NaN, which stays in its row: nothing that it gives there looks like an answer", () => {
		for (const model of [
			new AttentionOverAttentionReader(small),
			new AttentiveReader(small),
			new ImpatientReader(small),
		]) {
			const batch = makeBatch({ document: ids([[5, 4, 6]].concat([[6, 6, 5]])) });
			tf.tidy(() => {
				const table = model.weights.get("embedding") as tf.Variable;
				const is4 = tf.tile(tf.reshape(tf.equal(tf.range(0, 7), 4), [7, 1]), [1, 3]); // only the first row has a 4
				table.assign(tf.where(is4, tf.fill([7, 3], Number.NaN), table));
				const [spoilt, sound] = model.predict(batch).arraySync() as [number[], number[]];
				const said = spoilt.filter((share) => share !== 0); // P of a word that the document lacks is 0 whatever comes
				expect(said.length).toBeGreaterThan(2);
				for (const share of said) expect(share).toBeNaN();
				expect(sound.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
				const candidates = ids([[5, 4]].concat([[6, 5]]));
				const [first, second] = model.predict({ ...batch, candidates }).arraySync() as number[][];
				expect(first).toEqual([Number.NaN, Number.NaN]);
				expect(second?.every(Number.isFinite)).toBe(true);
				expect(model.loss({ ...batch, answer: numbers([4, 6]) }).dataSync()[0]).toBeNaN();
			});
			tf.dispose({ ...batch } as never);
			model.dispose();
		}
	});

	it("an answer that is not in the document, if it points", () => {
		const [pointing, saying] = [new AttentionOverAttentionReader(small), new AttentiveReader(small)];
		const batch = makeBatch({ answer: numbers([4, 5]) }); // 5 stands behind the end of the second document
		expect(() => pointing.loss(batch)).toThrow(
			"AttentionOverAttentionReader.loss: answer[1] is 5, which is not in its document. Leave such questions out.",
		);
		const loss = saying.loss(batch);
		expect(loss.dataSync()[0]).toBeGreaterThan(0);
		loss.dispose();
		tf.dispose({ ...batch } as never);
		pointing.dispose();
		saying.dispose();
	});

	it("nothing where a text is empty: no words, no answer from the document", () => {
		const [pointing, saying] = [new AttentionOverAttentionReader(small), new ImpatientReader(small)];
		const batch = makeBatch({ documentLengths: numbers([0, 2]), queryLengths: numbers([2, 0]) });
		tf.tidy(() => {
			expect([...pointing.predict(batch).dataSync()]).toEqual(new Array(14).fill(0));
			const sums = tf.sum(saying.predict(batch), 1).dataSync();
			for (const sum of sums) expect(sum).toBeCloseTo(1, 5);
		});
		tf.dispose({ ...batch } as never);
		pointing.dispose();
		saying.dispose();
	});

	it.each([
		[null, "AttentiveReader: the options are null"],
		[{ ...small, units: 1.5 }, "`units` is 1.5; expected a whole number"],
		[{ ...small, vocabularySize: undefined }, "`vocabularySize` is undefined"],
		[{ ...small, cell: "rnn" }, "`cell` is \"rnn\"; expected 'gru', 'lstm'"],
		[{ ...small, dropout: 1 }, "`dropout` is 1"],
		[{ ...small, attentionUnits: 0 }, "`attentionUnits` is 0"],
		[{ ...small, attention: 3 }, "unknown option `attention`"],
	])("the config %j, before it makes a weight", (config, message) => {
		const make = (): AttentiveReader => new AttentiveReader(config as never);
		expect(make).toThrow(message);
		expect(make).toThrow(HeedError);
		expectNoLeak(() => [...make().weights.values()], { throws: true });
		expect(() => new AttentionOverAttentionReader({ ...small, attentionUnits: 3 } as never)).toThrow(
			"unknown",
		);
	});

	it("options that it does not know", () => {
		const model = new AttentiveReader(small);
		const batch = makeBatch();
		expect(() => model.loss(batch, { trainingSeed: -1 })).toThrow("`trainingSeed` is -1");
		expect(() => model.loss(batch, { seed: 1 } as never)).toThrow("unknown option `seed`");
		tf.dispose({ ...batch } as never);
		model.dispose();
	});
});
