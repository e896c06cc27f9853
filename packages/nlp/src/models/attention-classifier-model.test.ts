import { HeedError } from "@heed/core";
import { captureAttention, disposeAttention } from "@heed/layers";
import { describeOnEveryBackend, expectClose, expectNoLeak } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { AttentionClassifier } from "./attention-classifier.ts";
import type { LabelledDocuments } from "./classifier-batch.ts";
import type { AttentionClassifierConfig } from "./classifier-config.ts";

const small: AttentionClassifierConfig = { vocabularySize: 11, classes: 3, embeddingSize: 2, units: 4 };
const deep: AttentionClassifierConfig = { ...small, hierarchical: true };

const int32 = (values: number[]): tf.Tensor1D => tf.tensor1d(values, "int32");
const makeFlat = (): LabelledDocuments => ({
	tokens: tf.tensor2d(
		[
			[5, 9, 4],
			[7, 8, 0],
		],
		undefined,
		"int32",
	),
	wordLengths: int32([3, 2]),
	labels: int32([2, 0]),
});
const makeDeep = (): LabelledDocuments => ({
	tokens: tf.tensor3d(
		[
			[
				[5, 9],
				[4, 0],
				[0, 0],
			],
			[
				[7, 8],
				[3, 3],
				[1, 0],
			],
		],
		undefined,
		"int32",
	),
	wordLengths: tf.tensor2d(
		[
			[2, 1, 0],
			[2, 2, 1],
		],
		undefined,
		"int32",
	),
	sentenceLengths: int32([2, 3]),
	labels: int32([2, 0]),
});

/** Documents of three sentences of five words; what one sentence says makes the class, the others are noise. */
function toyDocuments(count: number, random: () => number): LabelledDocuments {
	const word = (): number => 4 + Math.floor(random() * 7);
	const labels = Array.from({ length: count }, () => Math.floor(random() * 3));
	const documents = labels.map((label) => {
		const sentences = Array.from({ length: 3 }, () => Array.from({ length: 5 }, word));
		(sentences[Math.floor(random() * 3)] as number[])[Math.floor(random() * 5)] = 1 + label;
		return sentences;
	});
	return {
		tokens: tf.tensor3d(documents, undefined, "int32"),
		wordLengths: tf.fill<tf.Rank.R2>([count, 3], 5, "int32"),
		sentenceLengths: tf.fill<tf.Rank.R1>([count], 3, "int32"),
		labels: int32(labels),
	};
}

const wrongs: [string, AttentionClassifierConfig, () => object, RegExp][] = [
	[
		"rank",
		small,
		() => ({ tokens: int32([3, 4]) }),
		/tokens \[2\] has rank 1; expected rank 2: \[batch, words\]/,
	],
	["dtype", small, () => ({ tokens: tf.ones([2, 3]) }), /tokens is float32; expected int32/],
	["id", small, () => ({ tokens: tf.fill([2, 3], 11, "int32") }), /tokens\[0, 0\] is 11; expected 0 to 10/],
	["length", small, () => ({ wordLengths: int32([3, 4]) }), /wordLengths\[1\] is 4; expected 0 to 3/],
	["label", small, () => ({ labels: int32([3, 0]) }), /labels\[0\] is 3; expected 0 to 2/],
	[
		"batch",
		small,
		() => ({ labels: int32([1]) }),
		/labels \[batch 1\] does not match tokens: expected batch 2/,
	],
	["width", small, () => ({ tokens: tf.zeros([2, 0], "int32") }), /tokens \[batch 2, words 0\] is empty/],
	["sentenceLengths", small, () => ({ sentenceLengths: int32([1, 1]) }), /not `hierarchical`/],
	["form", deep, makeFlat, /tokens \[2, 3\] has rank 2; expected rank 3: \[batch, sentences, words\]/],
	[
		"no sentenceLengths",
		deep,
		() => ({ sentenceLengths: undefined }),
		/`sentenceLengths` is undefined; expected a tensor/,
	],
	[
		"sentences",
		deep,
		() => ({ sentenceLengths: int32([2, 4]) }),
		/sentenceLengths\[1\] is 4; expected 0 to 3/,
	],
];

describeOnEveryBackend("an AttentionClassifier as a model", () => {
	it("is the same from the same seed, and from its config", () => {
		for (const config of [
			small,
			{ ...deep, selfAttention: { heads: 2 }, pooling: { kind: "structured" } as const },
		]) {
			const one = new AttentionClassifier(config);
			const two = AttentionClassifier.fromConfig(JSON.parse(JSON.stringify(one.config)));
			const other = new AttentionClassifier({ ...config, seed: 1 });
			expect(two.config).toEqual(one.config);
			expect([...two.weights.keys()]).toEqual([...one.weights.keys()]);
			for (const [name, variable] of one.weights)
				expectClose(two.weights.get(name) as tf.Tensor, variable, { atol: 0 });
			const name = [...one.weights.keys()].find((path) => path.startsWith("word/pooling")) as string;
			expect(other.weights.get(name)?.dataSync()).not.toEqual(one.weights.get(name)?.dataSync());
			for (const model of [one, two, other]) model.dispose();
		}
	});

	it.each([small, { ...deep, pooling: { kind: "structured", units: 3 } } as const])(
		"gives NaN for a document whose numbers are NaN, and for no other: %j",
		(config) => {
			const model = new AttentionClassifier(config);
			const batch = config === small ? makeFlat() : makeDeep();
			tf.tidy(() => {
				const table = model.weights.get("embedding") as tf.Variable;
				const [first] = batch.tokens.dataSync(); // a word of the first document
				const [rows, size] = table.shape as [number, number];
				const isFirst = tf.tile(tf.reshape(tf.equal(tf.range(0, rows), first as number), [rows, 1]), [
					1,
					size,
				]);
				table.assign(tf.where(isFirst, tf.fill([rows, size], Number.NaN), table));
				const given = model.predict(batch).arraySync();
				expect(given[0]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
				expect(given.length).toBeGreaterThan(1);
				for (const row of given.slice(1))
					expect(row.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
				expect(model.loss(batch).dataSync()[0]).toBeNaN();
			});
			model.dispose();
			tf.dispose({ ...batch });
		},
	);

	it("names its weights", () => {
		const model = new AttentionClassifier(deep);
		const names = [...model.weights.keys()];
		expect(names).toContain("word/0/backward/recurrentKernel");
		expect(names).toContain("sentence/pooling/context");
		expect(names).toContain("output/kernel");
		model.dispose();
	});

	it("has GRUs that reset before the product, if asked, on every level", () => {
		const names = (resetAfter: boolean): string[] => {
			const model = new AttentionClassifier({ ...deep, resetAfter });
			const found = [...model.weights.keys()];
			model.dispose();
			return found;
		};
		const extra = names(true).filter((name) => !names(false).includes(name));
		expect(extra).toHaveLength(4); // words and sentences, in both directions
		for (const name of extra) expect(name).toMatch(/recurrentBias$/);
	});

	it("drops the same numbers for the same seed, and none without", () => {
		const model = new AttentionClassifier({ ...deep, dropout: 0.5 });
		const batch = makeDeep();
		tf.tidy(() => {
			const loss = (options: object): number => Number(model.loss(batch, options).dataSync()[0]);
			expect(loss({ trainingSeed: 0 })).toBe(loss({ trainingSeed: 0 }));
			expect(loss({ trainingSeed: 0 })).not.toBe(loss({ trainingSeed: 1 }));
			expect(loss({})).toBe(loss({}));
		});
		tf.dispose({ ...batch });
		model.dispose();
	});

	it.each([
		["flat", small, makeFlat],
		["hierarchical", deep, makeDeep],
	])("leaves nothing behind: %s", (_, config, make) => {
		const model = new AttentionClassifier({ ...config, pooling: { kind: "structured" } });
		const batch = make();
		const variables = [...model.weights.values()];
		expectNoLeak(() => model.loss(batch, { trainingSeed: 3 }));
		expectNoLeak(() => model.predict(batch));
		expectNoLeak(() => ({ ...tf.variableGrads(() => model.loss(batch), variables) }));
		expectNoLeak(() => model.loss({ ...batch, labels: batch.tokens as never }), { throws: true });
		tf.dispose({ ...batch });
		const before = tf.memory().numTensors;
		new AttentionClassifier(config).dispose();
		expect(tf.memory().numTensors).toBe(before);
		model.dispose();
	});

	it.each(wrongs)("refuses a wrong %s", (_, config, wrong, message) => {
		const model = new AttentionClassifier(config);
		const batch = { ...(config === deep ? makeDeep() : makeFlat()), ...wrong() };
		expect(() => model.loss(batch)).toThrow(message);
		expect(() => model.loss(batch)).toThrow(HeedError);
		model.dispose();
	});

	it.each([
		[
			{ ...small, pooling: { kind: "max" } },
			/`pooling.kind` is "max"; expected 'context', 'structured', 'mean'/,
		],
		[{ ...small, pooling: { kind: "mean", hops: 2 } }, /pooling 'mean': unknown option `hops`/],
		[{ ...small, pooling: { kind: "structured", penalty: -1 } }, /`pooling.penalty` is -1/],
		[{ ...small, pooling: "context" }, /pooling: the options are context/],
		[{ ...small, selfAttention: { heads: 3 } }, /does not divide the 8 outputs/],
		[{ ...small, hierarchical: 1 }, /`hierarchical` is 1; expected true or false/],
		[{ ...small, classes: 0 }, /`classes` is 0/],
		[null, /the options are null/],
	])("refuses the config %j, before it makes a weight", (config, message) => {
		const make = (): AttentionClassifier => new AttentionClassifier(config as never);
		expect(make).toThrow(message);
		expectNoLeak(() => [...make().weights.values()], { throws: true });
	});

	it("learns which word makes the class, and looks at its sentence", () => {
		const model = new AttentionClassifier({ ...deep, embeddingSize: 6, units: 5, seed: 1 });
		let state = 7;
		const random = (): number => {
			state = (state * 16807) % 2147483647;
			return state / 2147483647;
		};
		const [train, test] = [toyDocuments(96, random), toyDocuments(40, random)];
		const optimizer = tf.train.adam(0.03);
		const variables = [...model.weights.values()];
		for (let step = 0; step < 40; step++) optimizer.minimize(() => model.loss(train), false, variables);
		tf.tidy(() => {
			const { result, records } = captureAttention(() => model.predict(test));
			const right = tf.equal(tf.argMax(result, 1), test.labels);
			expect(Number(tf.mean(tf.cast(right, "float32")).dataSync()[0])).toBeGreaterThan(0.9);
			const marked = tf.max(tf.cast(tf.less(test.tokens, tf.scalar(4, "int32")), "float32"), 2); // [B, S]
			const seen = tf.mean(tf.sum(tf.mul(records[1]?.weights as tf.Tensor, marked), 1));
			expect(Number(seen.dataSync()[0])).toBeGreaterThan(0.5); // a third by chance
			disposeAttention(records);
		});
		tf.dispose([{ ...train }, { ...test }]);
		optimizer.dispose();
		model.dispose();
	});
});
