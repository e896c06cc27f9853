import { type KernelPathEvent, onKernelPath, scaledDotProductAttention } from "@heed/core";
import {
	type AttentionProblem,
	attentionProblems,
	decodeProblems,
	expectClose,
	wideProblems,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectSame, plain } from "../../test/attention-agreement.ts";
import { overrideTiles } from "../index.ts";

/** The wasm kernels get 2000 of the same: a software adapter takes 4 seconds for each, most of them to compile. */
const runs = Number(process.env.HEED_FUZZ_RUNS ?? 18);

describe("fused attention on WebGPU", () => {
	const events: KernelPathEvent[] = [];
	let stop: () => void;
	beforeAll(async () => {
		stop = onKernelPath((event) => void events.push(event));
		await tf.setBackend("webgpu");
	});
	afterAll(() => stop());

	it.each<[string, Partial<AttentionProblem>]>([
		["plain", {}],
		[
			"causal with offsets, grouped heads, dead rows",
			{ causal: true, queryOffset: [30, -20], keyHeads: 1, group: 2 },
		],
		["dropout by the hash of every backend", { rate: 0.3, seed: 0, headDim: 5, valueDim: 7 }],
		[
			"key lengths, sinks and a whole bias",
			{ lengths: [38, 0, 0], sunk: true, bias: [false, false, false, false] },
		],
		[
			"a mask and a bias over keys, both broadcast",
			{ mask: [false, true, true, false], bias: [true, false, true, false], hidingBias: true },
		],
		["a bias over queries", { bias: [true, false, false, true], sunk: true, valueDim: 4 }],
		["a bias that is a number", { bias: [true, true, true, true], causal: true }],
		[
			"one query over many keys, split",
			{ queryLength: 1, keyLength: 700, group: 4, keyHeads: 1, lengths: [700, 300, 0] },
		],
		[
			"few queries over many keys with everything",
			{
				queryLength: 3,
				keyLength: 300,
				causal: true,
				queryOffset: 297,
				sunk: true,
				mask: [false, true, false, false],
				bias: [true, false, true, false],
				softcap: 3,
				rate: 0.5,
			},
		],
		[
			"a large batch with lengths and offsets of its own",
			{
				batch: 1501,
				queryLength: 3,
				keyLength: 5,
				headDim: 4,
				valueDim: 4,
				causal: true,
				queryOffset: Array.from({ length: 1501 }, (_, item) => item % 4),
				lengths: Array.from({ length: 1501 }, (_, item) => item % 6),
				sunk: true,
			},
		],
		["a cap that nothing reaches", { softcap: 1e6, bias: [true, true, false, false] }],
		["a cap that float32 can hardly divide by", { softcap: 3e38 }],
		["a cap near nothing, in parts", { softcap: 1e-30, queryLength: 2, keyLength: 300 }],
		["a cap that nothing reaches, in parts", { softcap: 1e6, queryLength: 2, keyLength: 300 }],
		["vectors of 200", { headDim: 200, valueDim: 12, queryLength: 5, keyLength: 19 }],
		["vectors of 256 and of 1", { headDim: 256, valueDim: 1, queryLength: 5, keyLength: 19 }],
	])("equals the composition: %s", async (_, options) => {
		events.length = 0;
		await expectSame({ ...plain, ...options });
		const paths = events.filter(({ backend }) => backend === "webgpu").map(({ path }) => path);
		expect(paths.length).toBeGreaterThanOrEqual(3);
		expect(new Set(paths)).toEqual(new Set(["fused"]));
	});

	it.each([
		["of any shape", attentionProblems, runs],
		["of few queries over many keys", decodeProblems, Math.ceil(runs / 3)],
		["of wide vectors", wideProblems, Math.ceil(runs / 3)],
	])(
		"equals the composition on random problems %s",
		async (_, problems, numRuns) => {
			await fc.assert(
				fc.asyncProperty(problems, async (problem) => void (await expectSame(problem))),
				{ seed: 1, numRuns, endOnFailure: true },
			);
		},
		3_600_000,
	);

	it("equals it with larger tiles", async () => {
		// Those of the table are too much for a software adapter's compiler; a card gets them anyway.
		const tile = { threadsX: 4, threadsY: 8, rows: 4, columns: 2, depth: 16, chunk: 8 };
		overrideTiles({ forward: tile, keyGrad: tile, queryGrad: tile, biasGrad: tile });
		await expectSame({ ...plain, queryLength: 70, causal: true, queryOffset: -10, seed: 2 });
		const split = { queryLength: 1, keyLength: 700, group: 4, keyHeads: 1, lengths: [700, 300, 0] };
		overrideTiles({ decode: { rows: 4, keys: 128 } });
		await expectSame({ ...plain, ...split, rate: 0.4, bias: [false, false, true, false] });
		overrideTiles();
	});

	it("gives a sink of -Infinity no gradient where a row is dead", async () => {
		await tf.setBackend("webgpu");
		const [x, sinks] = [tf.ones<tf.Rank.R4>([1, 1, 2, 4]), tf.tensor1d([Number.NEGATIVE_INFINITY])];
		const loss = (sink: tf.Tensor): tf.Tensor =>
			tf.sum(
				scaledDotProductAttention(x, x, x, { sinks: sink as tf.Tensor1D, causal: true, queryOffset: -1 }),
			);
		const gradient = tf.grad(loss)(sinks);
		expect(await gradient.data()).toEqual(new Float32Array([0]));
		tf.dispose([x, sinks, gradient]);
	});

	it("hands what it cannot do to the composition, and says why", async () => {
		await tf.setBackend("webgpu");
		const x = tf.ones<tf.Rank.R4>([1, 1, 2, 300]);
		const fused = (): unknown => scaledDotProductAttention(x, x, x, { implementation: "fused" });
		expect(fused).toThrow("head sizes are up to 256 in the fused kernels, and one is 300");
		const y = scaledDotProductAttention(x, x, x);
		expectClose(await y.data(), new Float32Array(600).fill(1));
		tf.dispose([x, y]);
	});
});
