import { expectNoLeak, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { HeedError } from "../errors.ts";
import { scaledDotProductAttention } from "./scaled-dot-product-attention.ts";

describe("what scaledDotProductAttention refuses", () => {
	useBackend("cpu");
	let tensors: Record<string, tf.Tensor> = {};
	beforeAll(() => {
		tensors = {
			q: tf.zeros([2, 4, 7, 8]),
			k: tf.zeros([2, 2, 5, 8]),
			v: tf.zeros([2, 2, 5, 3]),
			three: tf.zeros([2, 3, 5, 8]),
			wide: tf.zeros([2, 2, 5, 9]),
			long: tf.zeros([2, 2, 6, 3]),
			whole: tf.zeros([2, 4, 7, 8], "int32"),
			flat: tf.zeros([7, 8]),
			bool: tf.ones([7, 5], "bool"),
			square: tf.ones([5, 5], "bool"),
			rank3: tf.ones([2, 7, 5], "bool"),
			float: tf.zeros([7, 5]),
			sinks: tf.zeros([3]),
			lengths: tf.zeros([3], "int32"),
			floatLengths: tf.zeros([2]),
		};
	});
	afterAll(() => tf.dispose(tensors));

	const call = (names: string, options: object = {}) => {
		const [q, k, v] = names.split(" ").map((name) => tensors[name]) as tf.Tensor4D[];
		return () => scaledDotProductAttention(q as tf.Tensor4D, k as tf.Tensor4D, v as tf.Tensor4D, options);
	};

	test.each([
		["flat k v", "query [7, 8] has rank 2; expected rank 4: [batch, heads, queryLength, headDim]."],
		[
			"q three v",
			"key [batch 2, kvHeads 3, keyLength 5, headDim 8] does not match query [batch 2, heads 4, queryLength 7, headDim 8]: heads (4) must be a multiple of kvHeads (3).",
		],
		["q wide v", "expected headDim 8."],
		["q k long", "value [batch 2, kvHeads 2, keyLength 6, valueDim 3] does not match key"],
		["whole k v", "query is int32; expected float32. Convert it with tf.cast(query, 'float32')."],
	])("tensors %s", (names, message) => {
		expect(call(names)).toThrow(`scaledDotProductAttention: `);
		expect(call(names)).toThrow(message);
		expectNoLeak(call(names), { throws: true });
	});

	const option = (name: string, value: unknown): object => ({ [name]: value });
	test.each([
		["maks", () => 1, "unknown option `maks`. Known options: `layout`"],
		["layout", () => "bhds", "`layout` is \"bhds\"; expected 'bhsd', 'bshd'."],
		["normalizer", () => "relu", "`normalizer` is \"relu\"; expected 'softmax', 'sparsemax'"],
		["implementation", () => "fast", '`implementation` is "fast"'],
		["causal", () => "yes", "`causal` is yes; expected true or false."],
		["scale", () => Number.NaN, "`scale` is NaN; expected a finite number"],
		["softcap", () => 0, "`softcap` is 0; expected a finite number greater than 0."],
		["window", () => ({ left: -2, right: 0 }), "`window.left` is -2; expected a whole number at least -1."],
		["window", () => ({ left: 1 }), "`window.right` is undefined"],
		[
			"dropout",
			() => ({ rate: 1, seed: 1 }),
			"`dropout.rate` is 1; expected a finite number at least 0 and less than 1.",
		],
		["dropout", () => ({ rate: 0.1 }), "`dropout.seed` is undefined; expected a whole number at least 0."],
		[
			"mask",
			() => tensors.float,
			"`mask` is float32; expected bool, true = attend. Pass numbers to add as `bias`.",
		],
		[
			"mask",
			() => tensors.square,
			"mask [queryLength 5, keyLength 5] does not broadcast to the scores: expected [7, 5]",
		],
		[
			"mask",
			() => tensors.rank3,
			"mask [2, 7, 5] has rank 3, which ONNX reads as [heads, queryLength, keyLength]",
		],
		["bias", () => tensors.bool, "`bias` is bool; expected float32. Pass true = attend as `mask`."],
		["sinks", () => tensors.sinks, "sinks [heads 3] does not match the query's heads 4: expected heads 4."],
		["keyLengths", () => tensors.lengths, "keyLengths [batch 3] does not match the query's batch 2"],
		["keyLengths", () => tensors.floatLengths, "keyLengths is float32; expected int32."],
		["keyLengths", () => [1, 6], "`keyLengths` is 6; expected a whole number at least 0 and at most 5."],
		["keyLengths", () => [1], "`keyLengths` has 1 numbers; expected one per batch item, 2."],
		["queryOffset", () => [0, 1, 2], "`queryOffset` has 3 numbers; expected one per batch item, 2."],
		["queryOffset", () => 0.5, "`queryOffset` is 0.5; expected a whole number."],
	])("option %s", (name, value, message) => {
		expect(call("q k v", option(name, value()))).toThrow(message);
		expectNoLeak(call("q k v", option(name, value())), { throws: true });
	});

	test("sinks with another normaliser than softmax", () => {
		const sinks = tf.zeros([4]);
		expect(call("q k v", { sinks, normalizer: "sparsemax" })).toThrow("`sinks` take part in softmax only.");
		sinks.dispose();
	});

	test("the error tells its code and where it comes from", () => {
		try {
			call("q three v")();
			expect.unreachable();
		} catch (error) {
			expect(HeedError.isInstance(error) && [error.code, error.where]).toEqual([
				"SHAPE",
				"scaledDotProductAttention",
			]);
		}
	});
});
