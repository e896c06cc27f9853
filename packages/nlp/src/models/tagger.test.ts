import { captureAttention, disposeAttention } from "@heed/layers";
import { describeOnEveryBackend, expectClose, expectNoLeak, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { Tagger } from "./tagger.ts";
import { type TaggedBatch, toTaggedBatch } from "./tagger-batch.ts";
import type { TaggerConfig } from "./tagger-config.ts";

const small: TaggerConfig = { vocabularySize: 11, tags: 5, embeddingSize: 3, units: 7, seed: 4 };
const affixes = { affixBuckets: 13, affixSize: 2 };
const configs: [string, TaggerConfig][] = [
	["softmax", small],
	["softmax, affixes, 2 LSTM layers", { ...small, ...affixes, cell: "lstm", layers: 2 }],
	["self-attention, affixes", { ...small, ...affixes, selfAttention: { heads: 2 } }],
	[
		"QRNN, self-attention after every layer",
		{ ...small, cell: "qrnn", layers: 2, selfAttention: { heads: 2, after: "every" } },
	],
	["CRF, one direction", { ...small, bidirectional: false, output: "crf" }],
	["CRF, self-attention, affixes", { ...small, ...affixes, output: "crf", selfAttention: { heads: 7 } }],
];

/** Three sentences of 2, 5 and 3 words; `more` columns of padding, filled with `pad`. */
function makeBatch(config: TaggerConfig, more = 0, pad = 0): TaggedBatch {
	const rows = [
		[4, 9],
		[7, 8, 4, 10, 6],
		[5, 1, 2],
	];
	const looks = (word: number): number[] => [word + 2, (word * 5) % 13, 0];
	const batch = toTaggedBatch(
		rows.map((words) => ({
			words,
			tags: words.map((word, i) => (word + i) % 5),
			...(config.affixBuckets !== undefined && { affixes: words.map(looks) }),
		})),
	);
	const widen = <T extends tf.Tensor>(x: T): T => {
		const paddings = x.shape.map((_, axis): [number, number] => [0, axis === 1 ? more : 0]);
		const wide = tf.pad(x, paddings, pad) as T;
		x.dispose();
		return wide;
	};
	if (more === 0) return batch;
	const { words, tags, lengths, affixes: own } = batch;
	return { words: widen(words), tags: widen(tags), lengths, ...(own && { affixes: widen(own) }) };
}

/** Gives a model weights so large that all of it matters. */
function sharpen(model: Tagger): void {
	[...model.weights.values()].forEach((variable, i) => {
		tf.tidy(() => variable.assign(tf.mul(randomTensor(variable.shape, i + 1), 0.8)));
	});
}

const numberOf = (x: tf.Tensor): number => Number(x.dataSync()[0]);
const disposeBatch = (batch: TaggedBatch): void => tf.dispose({ ...batch });

describeOnEveryBackend("Tagger", (backend) => {
	it.each(configs)("has a loss whose gradient is right for every weight: %s", (_, config) => {
		const model = new Tagger(config);
		sharpen(model);
		const batch = makeBatch(config);
		const loss = (): tf.Scalar => model.loss(batch);
		const { grads } = tf.variableGrads(loss, [...model.weights.values()]);
		for (const [name, variable] of model.weights) {
			if (name.endsWith("key/bias")) continue; // the softmax of attention does not see it
			// Along the gradient the loss rises by the gradient's norm: one number that every coordinate has a part in.
			tf.tidy(() => {
				const gradient = grads[variable.name] as tf.Tensor;
				const norm = numberOf(tf.norm(gradient));
				expect(norm, name).toBeGreaterThan(1e-3);
				const start = tf.clone(variable);
				const at = (shift: number): number => {
					variable.assign(tf.add(start, tf.mul(gradient, shift / norm)));
					return numberOf(loss());
				};
				const numeric = (at(1e-2) - at(-1e-2)) / 2e-2;
				variable.assign(start);
				expect(Math.abs(norm - numeric), name).toBeLessThan(0.02 * norm + 3e-5);
			});
		}
		tf.dispose(grads);
		disposeBatch(batch);
		model.dispose();
	});

	it.each(configs)("does not see padding, nor the other sentences: %s", async (_, config) => {
		const model = new Tagger(config);
		sharpen(model);
		const [plain, wide] = [makeBatch(config), makeBatch(config, 3, 4)];
		tf.tidy(() => {
			expectClose(model.loss(wide), model.loss(plain), { atol: 1e-6 });
			const first = {
				...plain,
				words: tf.slice(plain.words, [0, 0], [1, 2]),
				lengths: tf.tensor1d([2], "int32"),
			};
			const alone = plain.affixes
				? { ...first, affixes: tf.slice(plain.affixes, [0, 0, 0], [1, 2, -1]) }
				: first;
			const together = tf.slice(model.logits(plain), [0, 0, 0], [1, 2, -1]);
			expectClose(model.logits(alone), together, { atol: 1e-5 });
		});
		expect(await model.tag(wide)).toEqual(await model.tag(plain));
		disposeBatch(plain);
		disposeBatch(wide);
		model.dispose();
	});

	it("gives the softmax its mean cross entropy, and the CRF the same where it has no transitions", () => {
		const [softmax, crf] = [new Tagger(small), new Tagger({ ...small, output: "crf" })];
		const batch = makeBatch(small);
		tf.tidy(() => {
			const logProbs = tf.logSoftmax(softmax.logits(batch)).arraySync() as number[][][];
			const [tags, counts] = [batch.tags.arraySync(), batch.lengths.arraySync()];
			const losses = counts.flatMap((count, row) =>
				Array.from({ length: count }, (_, t) => -(logProbs[row]?.[t]?.[tags[row]?.[t] ?? 0] ?? Number.NaN)),
			);
			const mean = losses.reduce((a, b) => a + b) / losses.length;
			expectClose(softmax.loss(batch), [mean]);
			expectClose(crf.loss(batch), [mean]); // the same seed gives the same encoder
		});
		disposeBatch(batch);
		softmax.dispose();
		crf.dispose();
	});

	it("is the same model from the same seed, and from its config", () => {
		const config: TaggerConfig = { ...small, ...affixes, selfAttention: { heads: 2 }, output: "crf" };
		const one = new Tagger(config);
		const two = Tagger.fromConfig(JSON.parse(JSON.stringify(one.config)));
		expect(two.config).toEqual(one.config);
		expect([...two.weights.keys()]).toEqual([...one.weights.keys()]);
		expect([...one.weights.keys()]).toEqual(
			expect.arrayContaining([
				"encoder/embedding",
				"encoder/affixes",
				"encoder/0/backward/recurrentKernel",
				"encoder/self_attention/query/kernel",
				"output/kernel",
				"crf/transitions",
			]),
		);
		for (const [name, variable] of one.weights)
			expectClose(two.weights.get(name) as tf.Tensor, variable, { atol: 0 });
		one.dispose();
		two.dispose();
	});

	it("drops the same numbers for the same seed, and none without", () => {
		const config: TaggerConfig = { ...small, dropout: 0.5, selfAttention: { heads: 2 } };
		const model = new Tagger(config);
		const batch = makeBatch(config);
		tf.tidy(() => {
			const loss = (options: { trainingSeed?: number }): number => numberOf(model.loss(batch, options));
			expect(loss({ trainingSeed: 0 })).toBe(loss({ trainingSeed: 0 }));
			expect(loss({ trainingSeed: 0 })).not.toBe(loss({ trainingSeed: 1 }));
			expect(loss({})).toBe(loss({}));
		});
		disposeBatch(batch);
		model.dispose();
	});

	it("tells a capture where it looked", async () => {
		const config: TaggerConfig = { ...small, selfAttention: { heads: 2 } };
		const model = new Tagger(config);
		const batch = makeBatch(config);
		const { result, records } = await captureAttention(() => model.tag(batch));
		expect(result.map(({ length }) => length)).toEqual([2, 5, 3]);
		expect(records.map(({ layer, axes, weights }) => [layer, axes, weights.shape])).toEqual([
			["self_attention", ["batch", "heads", "query", "key"], [3, 2, 5, 5]],
		]);
		tf.tidy(() => {
			const weights = records[0]?.weights as tf.Tensor4D;
			expectClose(tf.sum(weights, 3), new Array(3 * 2 * 5).fill(1));
			expectClose(tf.slice(weights, [0, 0, 0, 2], [1, -1, -1, -1]), new Array(2 * 5 * 3).fill(0));
		});
		disposeAttention(records);
		disposeBatch(batch);
		model.dispose();
	});

	it.each(configs)("learns tags by heart: %s", async (_, config) => {
		const model = new Tagger({ ...config, seed: 1 });
		const batch = makeBatch(config);
		const optimizer = tf.train.adam(0.05);
		const variables = [...model.weights.values()];
		for (let step = 0; step < 30; step++) optimizer.minimize(() => model.loss(batch), false, variables);
		const before = tf.memory().numTensors;
		const found = await model.tag(batch);
		expect(tf.memory().numTensors - before, `tensors left on ${backend}`).toBe(0);
		const [tags, counts] = [batch.tags.arraySync(), batch.lengths.arraySync()];
		expect(found.map((row) => [...row])).toEqual(tags.map((row, i) => row.slice(0, counts[i])));
		disposeBatch(batch);
		optimizer.dispose();
		model.dispose();
	});

	it("gives no loss and no tags where there is no word", async () => {
		for (const output of ["softmax", "crf"] as const) {
			const config: TaggerConfig = { ...small, output, selfAttention: { heads: 2 } };
			const model = new Tagger(config);
			const { words, tags, lengths } = makeBatch(config);
			const none = tf.zerosLike(lengths);
			expectClose(model.loss({ words, tags, lengths: none }), [0]);
			expect(await model.tag({ words, lengths: none })).toEqual([0, 0, 0].map(() => new Int32Array(0)));
			tf.dispose([words, tags, lengths, none]);
			model.dispose();
		}
	});

	it("leaves nothing behind", () => {
		const config: TaggerConfig = { ...small, ...affixes, output: "crf", selfAttention: { heads: 2 } };
		const model = new Tagger(config);
		const batch = makeBatch(config);
		expectNoLeak(() => model.loss(batch, { trainingSeed: 3 }));
		expectNoLeak(() => model.logits(batch));
		expectNoLeak(() => ({ ...tf.variableGrads(() => model.loss(batch), [...model.weights.values()]) }));
		disposeBatch(batch);
		model.dispose();
	});
});
