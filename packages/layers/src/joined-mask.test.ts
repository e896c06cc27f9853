import { describeOnEveryBackend, expectClose, expectNoLeak, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { expect, it } from "vitest";
import { dotAttention } from "./attention/dot-attention.ts";
import { multiHeadAttention } from "./multi-head/multi-head-attention.ts";
import { transformerDecoderLayer } from "./transformer/transformer-decoder-layer.ts";
import { transformerEncoderLayer } from "./transformer/transformer-encoder-layer.ts";

const [batch, queries, keys, features] = [2, 3, 5, 4];
const heads = { numHeads: 2, seed: 0 };
const cases: [string, () => tfl.layers.Layer][] = [
	["multiHeadAttention", () => multiHeadAttention({ ...heads, returnAttention: true })],
	["dotAttention", () => dotAttention({ returnAttention: true })],
	["transformerDecoderLayer", () => transformerDecoderLayer({ ...heads, hiddenDim: 3 })],
];
const ids = (): tf.Tensor =>
	tf.tensor2d(
		[
			[3, 1, 4, 0, 0],
			[2, 0, 5, 3, 0],
		],
		undefined,
		"int32",
	);
const bool = (values: number[][]): tf.Tensor => tf.tensor2d(values, undefined, "bool");
const padding = (): tf.Tensor => tf.notEqual(ids(), 0);
/** Hides the first key, and none of what the padding hides. */
const explicit = (): tf.Tensor =>
	bool([
		[0, 1, 1, 1, 1],
		[0, 1, 1, 1, 1],
	]);
/** An explicit mask in each form that a layer takes. */
const forms: [string, () => tf.Tensor][] = [
	["[B, Tk]", explicit],
	["[B, Tq, Tk]", () => tf.tile(tf.expandDims(explicit(), 1), [1, queries, 1])],
	["[B, 1, 1, Tk]", () => tf.reshape(explicit(), [batch, 1, 1, keys])],
	["[1, Tk]", () => tf.slice(explicit(), 0, 1)],
];

describeOnEveryBackend("an explicit mask and that of an Embedding in front", () => {
	it.each(cases.flatMap(([name, make]) => forms.map(([form, mask]) => [name, form, make, mask] as const)))(
		"hide together: %s, %s",
		(_, __, make, mask) => {
			const layer = make();
			const embedding = tfl.layers.embedding({ inputDim: 6, outputDim: features, maskZero: true });
			tf.tidy(() => {
				const query = randomTensor<tf.Rank.R3>([batch, queries, features], 1);
				const memory = embedding.apply(ids()) as tf.Tensor;
				const plain = tf.clone(memory); // the same numbers without the mask
				const both = tf.logicalAnd(padding(), explicit());
				const expected = [layer.apply([query, plain, both]) as tf.Tensor].flat();
				const found = [layer.apply([query, memory, mask()]) as tf.Tensor].flat();
				for (const [i, one] of found.entries()) expectClose(one, expected[i] as tf.Tensor, { atol: 0 });
				const alone = [layer.apply([query, plain, mask()]) as tf.Tensor].flat();
				expect([...(alone[0] as tf.Tensor).dataSync()]).not.toEqual([...(found[0] as tf.Tensor).dataSync()]);
				const given = mask();
				expectNoLeak(() => layer.apply([query, memory, given]) as tf.Tensor);
			});
			for (const one of [layer, embedding]) one.dispose();
		},
	);

	it("hide together in a model, for the keys of self-attention too", () => {
		const layer = transformerEncoderLayer({ ...heads, hiddenDim: 3 });
		const embedding = tfl.layers.embedding({ inputDim: 6, outputDim: features, maskZero: true });
		const [tokens, mask] = [tfl.input({ shape: [null] }), tfl.input({ shape: [null], dtype: "bool" })];
		const embedded = embedding.apply(tokens) as tfl.SymbolicTensor;
		const output = layer.apply([embedded, mask]) as tfl.SymbolicTensor;
		const model = tfl.model({ inputs: [tokens, mask], outputs: output });
		tf.tidy(() => {
			const found = model.predict([ids(), explicit()]) as tf.Tensor;
			const plain = tf.clone(embedding.apply(ids()) as tf.Tensor);
			expectClose(found, layer.apply([plain, tf.logicalAnd(padding(), explicit())]) as tf.Tensor, {
				atol: 1e-6,
			});
		});
		model.dispose();
	});

	it("a row in which they have nothing in common is dead: its output is that of no keys", () => {
		const layer = dotAttention({ returnAttention: true });
		const embedding = tfl.layers.embedding({ inputDim: 6, outputDim: features, maskZero: true });
		tf.tidy(() => {
			const query = randomTensor<tf.Rank.R3>([batch, queries, features], 1);
			const mask = bool([
				[0, 0, 0, 1, 1],
				[1, 1, 1, 1, 1],
			]);
			const [output] = layer.apply([query, embedding.apply(ids()) as tf.Tensor, mask]) as [tf.Tensor];
			const [first = []] = output.arraySync() as number[][][];
			expect(first.flat()).toEqual(new Array(queries * features).fill(0));
		});
		for (const one of [layer, embedding]) one.dispose();
	});
});
