import { expectNoLeak, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it, test } from "vitest";
import { createCache } from "./cache/key-value-cache.ts";
import { checkOptions } from "./checks.ts";
import { HeedError } from "./errors.ts";
import { linearAttention } from "./linear/linear-attention.ts";
import { entmax } from "./normalize/entmax.ts";
import { maskedSoftmax } from "./normalize/masked-softmax.ts";
import { sparsemax } from "./normalize/sparsemax.ts";
import { topKSoftmax } from "./normalize/top-k-softmax.ts";
import { alibiBias } from "./position/alibi-bias.ts";
import { t5RelativeBias } from "./position/t5-relative-bias.ts";
import { averagePool } from "./resample/average-pool.ts";
import { resizeBilinear } from "./resample/resize-bilinear.ts";
import { categoricalSample } from "./sample/categorical-sample.ts";
import { gumbelSoftmax } from "./sample/gumbel-softmax.ts";
import { reinforceSurrogate } from "./sample/reinforce-surrogate.ts";
import { straightThrough } from "./sample/straight-through.ts";
import { dotScore } from "./score/dot-score.ts";
import { generalScore } from "./score/general-score.ts";
import { gridSample } from "./warp/grid-sample.ts";

/** Calls as plain JavaScript can make them. */
const untyped = <T>(f: T): ((...args: unknown[]) => tf.TensorContainer) => f as never;

describe("what plain JavaScript lets through", () => {
	useBackend("wasm");

	it.each<[string, (x: tf.Tensor) => tf.TensorContainer, string]>([
		[
			"no options",
			(x) => untyped(entmax)(x),
			"entmax: the options are undefined; expected an object with some of `alpha`",
		],
		["no options", (x) => untyped(topKSoftmax)(x), "topKSoftmax: the options are undefined"],
		["no options", (x) => untyped(categoricalSample)(x), "categoricalSample: the options are undefined"],
		["no options", () => untyped(createCache)(), "createCache: the options are undefined"],
		["no options", (x) => untyped(generalScore)(x, x), "generalScore: the options are undefined"],
		["a list for options", (x) => untyped(sparsemax)(x, [1, 2]), "sparsemax: the options are a list, [1,2]"],
		["null for options", (x) => untyped(sparsemax)(x, null), "sparsemax: the options are null"],
		[
			"a word for options",
			(x) => untyped(gridSample)(x, x, "nearest"),
			"gridSample: the options are nearest",
		],
		[
			"null for a mask",
			(x) => untyped(maskedSoftmax)(x, null),
			"maskedSoftmax: `mask` is null; expected a tensor.",
		],
		["null for a mask", (x) => untyped(sparsemax)(x, { mask: null }), "sparsemax: `mask` is null"],
		[
			"nothing in a tensor",
			() => tf.tidy(() => untyped(gridSample)(tf.zeros([1, 0, 2, 1]), tf.zeros([1, 2, 2, 2]))),
			"gridSample: image [batch 1, height 0, width 2, channels 1] is empty; expected at least height 1.",
		],
		[
			"an array for a tensor",
			(x) => untyped(dotScore)([1, 2], x),
			"dotScore: `query` is 1,2; expected a tensor.",
		],
		["nothing for a tensor", () => untyped(dotScore)(), "dotScore: `query` is undefined; expected a tensor."],
		["nothing for a tensor", (x) => untyped(straightThrough)(x), "straightThrough: `soft` is undefined"],
	])("refuses %s", (_, call, message) => {
		const x = tf.zeros([2, 3, 5]);
		expect(() => call(x)).toThrow(message);
		expectNoLeak(() => call(x), { throws: true });
	});

	it("throws a HeedError with the code OPTION", () => {
		const error: unknown = (() => {
			try {
				return untyped(checkOptions)("here", undefined, ["a"]);
			} catch (thrown) {
				return thrown;
			}
		})();
		expect(HeedError.isInstance(error) && error.code).toBe("OPTION");
	});
});

test("an option may be given as undefined, which is its default", () => {
	const maybe = <T>(): T | undefined => undefined;
	tf.tidy(() => {
		const x = tf.zeros<tf.Rank.R3>([2, 3, 5]);
		const mask = maybe<tf.Tensor>();
		const image = tf.zeros<tf.Rank.R4>([1, 3, 5, 1]);
		const [count, flag] = [maybe<number>(), maybe<boolean>()];
		const results = [
			sparsemax(x, { mask, axis: count }),
			gumbelSoftmax(x, { seed: 1, mask, temperature: count, hard: flag }),
			dotScore(x, x, { scale: count }),
			alibiBias(2, 3, 5, { maxBias: count, queryOffset: count }),
			t5RelativeBias(tf.zeros([32, 2]), 3, 5, { bidirectional: flag, queryOffset: count }),
			linearAttention(image, image, image, {
				causal: flag,
				keyLengths: maybe(),
				epsilon: count,
				state: maybe(),
			}),
			averagePool(image, 2, { strides: count, padding: maybe(), countPadding: flag }),
			resizeBilinear(image, [2, 2], { coordinates: maybe() }),
			reinforceSurrogate(x, x, { baseline: maybe(), mask, entropy: maybe(), entropyWeight: count }),
		];
		for (const result of results) expect([...result.dataSync()].every(Number.isFinite)).toBe(true);
	});
});
