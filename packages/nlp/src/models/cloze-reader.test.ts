import { captureAttention, disposeAttention } from "@heed/layers";
import { describeOnEveryBackend, expectClose, expectNoLeak, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { AttentionOverAttentionReader } from "./attention-over-attention-reader.ts";
import { AttentiveReader } from "./attentive-reader.ts";
import type { ClozeReader } from "./cloze-reader.ts";
import { ImpatientReader } from "./impatient-reader.ts";
import type { ClozeBatch } from "./reader-batch.ts";
import type { AttentiveReaderConfig } from "./reader-config.ts";

const small = { vocabularySize: 11, embeddingSize: 3, units: 4, seed: 5 };
type Make = (config: AttentiveReaderConfig) => ClozeReader<never>;
const readers: [string, Make][] = [
	["attention over attention", (config) => new AttentionOverAttentionReader(config) as never],
	["attentive", (config) => new AttentiveReader(config) as never],
	["impatient", (config) => new ImpatientReader(config) as never],
];
/** With the cell and the candidates that the other cases do not have. */
const cases: [string, () => ClozeReader<never>, boolean][] = readers.flatMap(([name, make]) => [
	[`${name}, GRU`, () => make(small), false] as [string, () => ClozeReader<never>, boolean],
	[`${name}, QRNN`, () => make({ ...small, cell: "qrnn" }), false],
	[`${name}, LSTM, candidates`, () => make({ ...small, cell: "lstm" }), true],
]);

const ids = (rows: number[][]): tf.Tensor2D => tf.tensor2d(rows, undefined, "int32");
const numbers = (values: number[]): tf.Tensor1D => tf.tensor1d(values, "int32");

/** Three questions; `more` columns of padding, filled with `pad`. */
function makeBatch(options: { candidates?: boolean; more?: number; pad?: number } = {}): ClozeBatch {
	const { candidates = false, more = 0, pad = 0 } = options;
	const padded = (rows: number[][]): tf.Tensor2D => {
		const width = Math.max(...rows.map((row) => row.length)) + more;
		return ids(rows.map((row) => [...row, ...new Array<number>(width - row.length).fill(pad)]));
	};
	return {
		document: padded([
			[5, 9, 4, 8, 10],
			[7, 8, 4],
			[6, 5, 6, 9],
		]),
		documentLengths: numbers([5, 3, 4]),
		query: padded([
			[3, 6],
			[9, 3, 7],
			[3, 10, 8],
		]),
		queryLengths: numbers([2, 3, 3]),
		answer: numbers([4, 8, 6]),
		...(candidates && {
			candidates: padded([
				[4, 8, 9, 5],
				[8, 4],
				[9, 5, 6],
			]),
			candidateCounts: numbers([4, 2, 3]),
		}),
	};
}

/** Gives a model weights so large that all of it matters. */
function sharpen(model: ClozeReader<never>): void {
	[...model.weights.values()].forEach((variable, i) => {
		tf.tidy(() => variable.assign(randomTensor(variable.shape, i + 1)));
	});
}

describeOnEveryBackend("a reader", () => {
	it.each(cases)("has a loss whose gradient is right for every weight: %s", (_, make, candidates) => {
		const model = make();
		sharpen(model);
		const batch = makeBatch({ candidates });
		const loss = (): tf.Scalar => model.loss(batch);
		const { grads } = tf.variableGrads(loss, [...model.weights.values()]);
		for (const [name, variable] of model.weights) {
			// Along the gradient the loss rises by the gradient's norm: one number that every coordinate has a part in.
			tf.tidy(() => {
				const gradient = grads[variable.name] as tf.Tensor;
				const norm = Number(tf.norm(gradient).dataSync()[0]);
				expect(norm, name).toBeGreaterThan(2e-3);
				const start = tf.clone(variable);
				const at = (shift: number): number => {
					variable.assign(tf.add(start, tf.mul(gradient, shift / norm)));
					return Number(loss().dataSync()[0]);
				};
				const numeric = (at(5e-3) - at(-5e-3)) / 1e-2;
				variable.assign(start);
				expect(Math.abs(norm - numeric), name).toBeLessThan(0.02 * norm + 1e-4);
			});
		}
		tf.dispose(grads);
		tf.dispose({ ...batch });
		model.dispose();
	});

	it.each(cases)("sees neither padding nor the other rows: %s", (_, make, candidates) => {
		const model = make();
		sharpen(model);
		tf.tidy(() => {
			const plain = model.predict(makeBatch({ candidates })); // [B, C]
			const loss = model.loss(makeBatch({ candidates }));
			for (const pad of [0, 6]) {
				const wide = makeBatch({ candidates, more: 3, pad });
				expectClose(tf.slice(model.predict(wide), [0, 0], plain.shape), plain, { atol: 1e-6 });
				expectClose(model.loss(wide), loss, { atol: 1e-5 });
			}
			const { document, ...rest } = makeBatch({ candidates });
			const changed = { ...rest, document: tf.concat([tf.slice(document, 0, 2), ids([[10, 6, 4, 5, 0]])]) };
			const other = model.predict({ ...changed, document: changed.document as tf.Tensor2D });
			expectClose(tf.slice(other, 0, 2), tf.slice(plain, 0, 2), { atol: 1e-6 });
			expect(tf.max(tf.abs(tf.sub(other, plain))).dataSync()[0]).toBeGreaterThan(1e-4);
		});
		model.dispose();
	});

	it.each(readers)("is the same model from the same seed, and from its config: %s", (_, make) => {
		const one = make(small);
		const [two, other] = [make(JSON.parse(JSON.stringify(one.config))), make({ ...small, seed: 0 })];
		expect(two.config).toEqual(one.config);
		expect([...two.weights.keys()]).toEqual([...one.weights.keys()]);
		for (const [name, variable] of one.weights) {
			expectClose(two.weights.get(name) as tf.Tensor, variable, { atol: 0 });
		}
		const kernel = "query/backward/kernel";
		expect(other.weights.get(kernel)?.dataSync()).not.toEqual(one.weights.get(kernel)?.dataSync());
		for (const model of [one, two, other]) model.dispose();
	});

	it.each(readers)("drops the same numbers for the same seed, and none without: %s", (_, make) => {
		const model = make({ ...small, dropout: 0.5 });
		tf.tidy(() => {
			const loss = (options: { trainingSeed?: number }): number =>
				Number(model.loss(makeBatch(), options).dataSync()[0]);
			expect(loss({ trainingSeed: 0 })).toBe(loss({ trainingSeed: 0 }));
			expect(loss({ trainingSeed: 0 })).not.toBe(loss({ trainingSeed: 1 }));
			expect(loss({})).toBe(loss({}));
		});
		model.dispose();
	});

	it.each(readers)("tells a capture where it looked: %s", (name, make) => {
		const model = make(small);
		const batch = makeBatch();
		const { result, records } = captureAttention(() => model.predict(batch));
		const [first] = records;
		expect(first?.axes).toEqual(["batch", "query", "key"]);
		const queries = name === "attentive" ? 1 : 3;
		expect(first?.weights.shape).toEqual([3, queries, 5]);
		tf.tidy(() => {
			const sums = tf.sum(first?.weights as tf.Tensor, 2).dataSync();
			const live = name === "attentive" ? [1, 1, 1] : [1, 1, 0, 1, 1, 1, 1, 1, 1];
			expectClose(sums, live);
			const beyond = tf.slice(first?.weights as tf.Tensor3D, [1, 0, 3], [1, -1, -1]);
			expectClose(beyond.dataSync(), new Array(beyond.size).fill(0));
		});
		disposeAttention(records);
		tf.dispose([result, { ...batch }] as tf.TensorContainer);
		model.dispose();
	});

	it.each(readers)("leaves nothing behind, and learns to answer: %s", (name, make) => {
		const model = make({ ...small, units: 8, embeddingSize: 6, seed: 1 });
		const batch = makeBatch();
		expectNoLeak(() => model.loss(batch));
		expectNoLeak(() => model.predict(batch));
		expectNoLeak(() => {
			const { value, grads } = tf.variableGrads(() => model.loss(batch), [...model.weights.values()]);
			return { value, ...grads };
		});
		const optimizer = tf.train.adam(0.03);
		const variables = [...model.weights.values()];
		const lossNow = (): number => tf.tidy(() => Number(model.loss(batch).dataSync()[0]));
		const before = lossNow();
		for (let step = 0; step < 40; step++) optimizer.minimize(() => model.loss(batch), false, variables);
		expect(lossNow()).toBeLessThan(0.1 * before);
		tf.tidy(() => {
			const best = tf.argMax(model.predict(batch), 1).dataSync();
			expect([...best], name).toEqual([4, 8, 6]);
		});
		optimizer.dispose();
		tf.dispose({ ...batch });
		model.dispose();
	});
});
