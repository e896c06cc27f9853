import { describeOnEveryBackend, expectClose, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { expect, it } from "vitest";
import { ContextPooling } from "../pooling/context-pooling.ts";
import { type AttentionConfig, attentionByName } from "./attention-by-name.ts";
import { MultiStepAttention } from "./multi-step-attention.ts";

const [batch, time, source, size] = [2, 3, 5, 4];
const ids = (): tf.Tensor =>
	tf.tensor2d(
		[
			[3, 1, 4, 0, 0],
			[2, 0, 5, 3, 0],
		],
		undefined,
		"int32",
	);
const explicit = (): tf.Tensor => tf.tile(tf.tensor2d([[0, 1, 1, 1, 1]], undefined, "bool"), [batch, 1]);
const query = (): tf.Tensor => randomTensor([batch, time, size], 1);

/** Each layer, with its inputs from what it attends to. */
const cases: [string, () => tfl.layers.Layer, (memory: tf.Tensor) => tf.Tensor[]][] = [
	...[
		{ kind: "bahdanau", units: 3 } as const,
		{ kind: "luong" } as const,
		{ kind: "coverage", units: 3 } as const,
	].map((config): (typeof cases)[number] => [
		config.kind,
		() => attentionByName("test", config as AttentionConfig, 0),
		(memory) => [query(), memory],
	]),
	["multi-step", () => new MultiStepAttention({ seed: 0 }), (z) => [query(), query(), z, tf.clone(z)]],
	["pooling", () => new ContextPooling({ units: 3, seed: 0 }), (x) => [x]],
];

describeOnEveryBackend("an explicit mask and that of an Embedding in front", () => {
	it.each(cases)("hide together: %s", (_, make, inputs) => {
		const layer = make();
		const embedding = tfl.layers.embedding({ inputDim: 6, outputDim: size, maskZero: true });
		tf.tidy(() => {
			const memory = embedding.apply(ids()) as tf.Tensor;
			const both = tf.logicalAnd(tf.notEqual(ids(), 0), explicit());
			const expected = layer.apply([...inputs(tf.clone(memory)), both]) as tf.Tensor;
			const alone = layer.apply([...inputs(tf.clone(memory)), explicit()]) as tf.Tensor;
			const found = layer.apply([...inputs(memory), explicit()]) as tf.Tensor;
			expectClose(found, expected, { atol: 0 });
			expect([...alone.dataSync()]).not.toEqual([...found.dataSync()]);
			if (inputs(memory).length !== 2) return;
			const perQuery = tf.tile(tf.expandDims(explicit(), 1), [1, time, 1]);
			expectClose(layer.apply([...inputs(memory), perQuery]) as tf.Tensor, expected, { atol: 0 });
		});
		for (const one of [layer, embedding]) one.dispose();
	});
});

describeOnEveryBackend("symbolic inputs of a wrong rank, or of an unknown size", () => {
	const input = (...shape: (number | null)[]): tfl.SymbolicTensor => tfl.input({ shape });
	it.each<[string, () => tfl.layers.Layer, () => tfl.SymbolicTensor[], RegExp]>([
		[
			"query",
			cases[0]?.[1] as never,
			() => [input(size), input(source, size)],
			/query \[\?, 4\] has rank 2.*3/,
		],
		["memory", cases[1]?.[1] as never, () => [input(time, size), input(size)], /memory \[\?, 4\] has rank 2/],
		[
			"a size",
			cases[2]?.[1] as never,
			() => [input(time, null), input(source, size)],
			/the querySize of query \[\?, 3, \?\] is unknown; expected rank 3: \[batch, time, querySize\] with known/,
		],
		[
			"g",
			cases[3]?.[1] as never,
			() => [input(time, size), input(size), input(source, size), input(source, size)],
			/g \[\?, 4\] has rank 2; expected rank 3/,
		],
		["x", cases[4]?.[1] as never, () => [input(size)], /x \[\?, 4\] has rank 2; expected rank 3/],
	])("are refused: %s", (_, make, inputs, message) => {
		const layer = make();
		expect(() => layer.apply(inputs())).toThrow(message);
		expect(layer.weights).toEqual([]);
	});
});
