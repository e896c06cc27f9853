import { HeedError } from "@heed/core";
import { captureAttention, disposeAttention } from "@heed/layers";
import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { attentionOverAttention } from "./attention-over-attention.ts";

const [batch, length, words, size] = [3, 7, 5, 2];
const document = (): tf.Tensor3D => randomTensor<tf.Rank.R3>([batch, length, size], 1, 1.5);
const query = (): tf.Tensor3D => randomTensor<tf.Rank.R3>([batch, words, size], 2, 1.5);

/** Not only ends are masked: the words that count are 6 and 3, and, in the last row, none of the document. */
const isDocument = [
	[1, 1, 0, 1, 1, 1, 1],
	[1, 1, 1, 0, 0, 0, 0],
	[0, 0, 0, 0, 0, 0, 0],
];
const isQuery = [
	[1, 1, 1, 1, 0],
	[0, 1, 1, 0, 1],
	[1, 1, 1, 1, 1],
];
const masks = (): { documentMask: tf.Tensor2D; queryMask: tf.Tensor2D } => ({
	documentMask: tf.tensor2d(isDocument, undefined, "bool"),
	queryMask: tf.tensor2d(isQuery, undefined, "bool"),
});

const softmax = (x: number[]): number[] => {
	const exps = x.map((value) => Math.exp(value - Math.max(...x)));
	const total = exps.reduce((sum, value) => sum + value, 0);
	return exps.map((value) => value / total);
};

/** The paper's equations in float64 for the words that count, put back into their places. */
function reference(d: number[][], q: number[][], dLive: number[], qLive: number[]) {
	const rows = dLive.flatMap((live, i) => (live ? [i] : []));
	const columns = qLive.flatMap((live, j) => (live ? [j] : []));
	const dot = (i: number, j: number): number =>
		(d[i] as number[]).reduce((sum, value, f) => sum + value * Number(q[j]?.[f]), 0);
	const alpha = columns.map((j) => softmax(rows.map((i) => dot(i, j)))); // one for each query word
	const votes = rows.map((i) => softmax(columns.map((j) => dot(i, j)))); // one for each document word
	const beta = columns.map((_, j) => votes.reduce((sum, vote) => sum + Number(vote[j]), 0) / rows.length);
	const byWord = qLive.map(() => new Array<number>(dLive.length).fill(0));
	const attention = new Array<number>(dLive.length).fill(0);
	const importance = new Array<number>(qLive.length).fill(0);
	columns.forEach((j, jj) => {
		importance[j] = Number(beta[jj]);
		rows.forEach((i, ii) => {
			(byWord[j] as number[])[i] = Number(alpha[jj]?.[ii]);
			attention[i] = Number(attention[i]) + Number(beta[jj]) * Number(alpha[jj]?.[ii]);
		});
	});
	return { attention, byWord: byWord.flat(), importance };
}

describeOnEveryBackend("attentionOverAttention", () => {
	it.each([true, false])("computes the formula, masked: %s", (masked) => {
		tf.tidy(() => {
			const result = attentionOverAttention(document(), query(), masked ? masks() : {});
			const [ds, qs] = [document().arraySync(), query().arraySync()];
			for (let b = 0; b < (masked ? 2 : 3); b++) {
				const live = masked
					? [isDocument[b] as number[], isQuery[b] as number[]]
					: [new Array<number>(length).fill(1), new Array<number>(words).fill(1)];
				const expected = reference(ds[b] as number[][], qs[b] as number[][], live[0] ?? [], live[1] ?? []);
				expectClose(tf.slice(result.attention, [b, 0], [1, -1]).dataSync(), expected.attention);
				expectClose(tf.slice(result.byWord, [b, 0, 0], [1, -1, -1]).dataSync(), expected.byWord);
				expectClose(tf.slice(result.importance, [b, 0], [1, -1]).dataSync(), expected.importance);
				expectClose([tf.sum(tf.slice(result.attention, [b, 0], [1, -1])).dataSync()[0] ?? 0], [1]);
			}
		});
	});

	it("is zero, gradient and all, where there is no document or no query", () => {
		tf.tidy(() => {
			const { documentMask } = masks();
			const queryMask = tf.tensor2d(
				[isQuery[0], [0, 0, 0, 0, 0], isQuery[2]] as number[][],
				undefined,
				"bool",
			);
			const run = (d: tf.Tensor, q: tf.Tensor) =>
				attentionOverAttention(d as tf.Tensor3D, q as tf.Tensor3D, { documentMask, queryMask });
			const result = run(document(), query());
			for (const weights of [result.attention, result.byWord, result.importance] as tf.Tensor[]) {
				const [first = 0, ...dead] = tf.unstack(weights).map((row) => tf.sum(row).dataSync()[0]);
				expect(first).toBeGreaterThan(0.9);
				expect(dead).toEqual([0, 0]);
			}
			const weigh = randomTensor([batch, length], 3);
			const gradients = tf.grads((d: tf.Tensor, q: tf.Tensor) => tf.sum(tf.mul(run(d, q).attention, weigh)));
			for (const gradient of gradients([document(), query()])) {
				const [first = 0, ...dead] = tf.unstack(gradient).map((row) => tf.max(tf.abs(row)).dataSync()[0]);
				expect(first).toBeGreaterThan(1e-3);
				expect(dead).toEqual([0, 0]);
			}
		});
	});

	it.each(["attention", "byWord", "importance"] as const)("has the right gradients: %s", (name) => {
		const options = masks();
		const run = (d: tf.Tensor, q: tf.Tensor): tf.Tensor =>
			attentionOverAttention(d as tf.Tensor3D, q as tf.Tensor3D, options)[name];
		const names = ["document", "query"];
		expectGradientsMatch(run, [document(), query()], { names, coordinates: 42, tolerance: 3e-3 });
		tf.dispose(options);
	});

	it("does not see what is masked, to the bit, even where it is no number", () => {
		tf.tidy(() => {
			const options = masks();
			const spoil = (x: tf.Tensor3D, live: number[][], by: number): tf.Tensor3D => {
				const values = x.arraySync();
				live.forEach((row, b) => {
					row.forEach((counts, t) => {
						if (!counts) (values[b] as number[][])[t] = new Array<number>(size).fill(by);
					});
				});
				return tf.tensor3d(values);
			};
			const expected = attentionOverAttention(document(), query(), options);
			const slopes = tf.grads((d: tf.Tensor, q: tf.Tensor) =>
				tf.sum(tf.square(attentionOverAttention(d as tf.Tensor3D, q as tf.Tensor3D, options).attention)),
			);
			const expectedSlopes = slopes([document(), query()]).map((slope) => slope.dataSync());
			for (const by of [-31, Number.NaN, Number.POSITIVE_INFINITY]) {
				const [d, q] = [spoil(document(), isDocument, by), spoil(query(), isQuery, by)];
				const result = attentionOverAttention(d, q, options);
				for (const name of ["attention", "byWord", "importance"] as const) {
					expectClose(result[name], expected[name] as tf.Tensor, { atol: 0, label: name });
				}
				expect(slopes([d, q]).map((slope) => slope.dataSync())).toEqual(expectedSlopes);
			}
		});
	});

	it("tells a capture all three, and leaves nothing behind", () => {
		const options = masks();
		const [d, q] = [document(), query()];
		const { result, records } = captureAttention(() => attentionOverAttention(d, q, options));
		expect(records.map(({ kind, axes, weights }) => [kind, axes, weights.shape])).toEqual([
			["attentionOverAttention", ["batch", "query", "key"], [batch, words, length]],
			["attentionOverAttention/document", ["batch", "key"], [batch, length]],
			["attentionOverAttention/query", ["batch", "query"], [batch, words]],
		]);
		expectClose(records[0]?.weights as tf.Tensor, result.byWord as tf.Tensor, { atol: 0 });
		expectClose(records[1]?.weights as tf.Tensor, result.attention as tf.Tensor, { atol: 0 });
		expectClose(records[2]?.weights as tf.Tensor, result.importance as tf.Tensor, { atol: 0 });
		disposeAttention(records);
		tf.dispose({ ...result });
		expectNoLeak(() => ({ ...attentionOverAttention(d, q, options) }));
		tf.dispose([d, q, options]);
	});

	it("says what is wrong", () => {
		const [d, q, { documentMask, queryMask }] = [document(), query(), masks()];
		const wrongs: [() => unknown, string][] = [
			[() => attentionOverAttention(documentMask as never, q), "document [3, 7] has rank 2; expected rank 3"],
			[
				() => attentionOverAttention(d, tf.zeros([3, 5, 4])),
				"query [batch 3, query 5, size 4] does not match",
			],
			[() => attentionOverAttention(d, tf.zeros([2, 5, 2])), "expected batch 3"],
			[() => attentionOverAttention(tf.zeros([3, 0, 2]), q), "document 0, size 2] is empty"],
			[() => attentionOverAttention(tf.zeros([0, 7, 2]), tf.zeros([0, 5, 2])), "expected at least batch 1"],
			[() => attentionOverAttention(d, tf.cast(q, "int32")), "query is int32; expected float32"],
			[() => attentionOverAttention(d, q, { documentMask: queryMask }), "documentMask [batch 3, document 5]"],
			[
				() => attentionOverAttention(d, q, { queryMask: tf.cast(queryMask, "float32") as tf.Tensor2D }),
				"queryMask is float32; expected bool",
			],
			[() => attentionOverAttention(d, q, { mask: queryMask } as never), "unknown option `mask`"],
		];
		for (const [run, message] of wrongs) {
			tf.tidy(() => {
				expect(run).toThrow(message);
				expect(run).toThrow(HeedError);
			});
		}
		expectNoLeak(() => void attentionOverAttention(d, q, { documentMask: queryMask }) as never, {
			throws: true,
		});
		tf.dispose([d, q, documentMask, queryMask]);
	});
});
