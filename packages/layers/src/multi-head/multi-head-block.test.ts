import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { captureAttention, disposeAttention } from "../capture-attention.ts";
import { Parameters } from "../parameters/parameters.ts";
import { MultiHeadBlock, type MultiHeadBlockOptions } from "./multi-head-block.ts";

const [B, T, D] = [2, 5, 12];
const plain: MultiHeadBlockOptions = { name: "heads", querySize: D, numHeads: 3, causal: true };
const variants: [string, MultiHeadBlockOptions][] = [
	["plain", plain],
	["grouped, window", { ...plain, numHeads: 6, numKeyValueHeads: 2, window: { left: 1, right: 0 } }],
	["softcap, sinks, norm", { ...plain, softcap: 2, sinks: true, queryKeyNorm: true }],
	["rotary halves", { ...plain, positions: { kind: "rotary" } }],
	["rotary pairs", { ...plain, positions: { kind: "rotary", layout: "interleaved", rotaryDim: 2 } }],
	["ALiBi", { ...plain, positions: { kind: "alibi" } }],
	["T5", { ...plain, positions: { kind: "t5", numBuckets: 8, maxDistance: 9, bidirectional: false } }],
	["Shaw", { ...plain, positions: { kind: "shaw", maxDistance: 2 } }],
];

/** A block whose weights are all large enough to matter. */
function make(options: MultiHeadBlockOptions): { block: MultiHeadBlock; parameters: Parameters } {
	const parameters = new Parameters({ seed: 3 });
	const block = new MultiHeadBlock(parameters, options);
	[...parameters.variables.values()].forEach((weight, i) => {
		tf.tidy(() => weight.assign(randomTensor(weight.shape, i + 1, 0.5)));
	});
	return { block, parameters };
}

describeOnEveryBackend("MultiHeadBlock", () => {
	it.each(variants)("gives with a cache, in any steps, what it gives at once: %s", (_, options) => {
		const { block, parameters } = make(options);
		tf.tidy(() => {
			const x = randomTensor<tf.Rank.R3>([B, T, D], 9);
			const whole = block.attend(x, x);
			let cache = block.createCache(B, 7);
			let done = 0;
			for (const count of [2, 1, 2]) {
				const part = tf.slice(x, [0, done, 0], [B, count, D]);
				const step = block.attendCached(part, cache);
				cache = step.cache;
				expectClose(step.output, tf.slice(whole.output, [0, done, 0], [B, count, D]), { atol: 2e-5 });
				done += count;
			}
			expect(cache.lengths).toEqual([T, T]);
		});
		parameters.dispose();
	});

	it.each(variants)("has the right gradients: %s", (_, options) => {
		const { block, parameters } = make(options);
		const weights = [...parameters.variables];
		const x = randomTensor<tf.Rank.R3>([B, T, D], 9);
		const upstream = randomTensor<tf.Rank.R3>([B, T, D], 10);
		const loss = (): tf.Scalar => tf.tidy(() => tf.sum(tf.mul(block.attend(x, x).output, upstream)));
		expectGradientsMatch((input) => block.attend(input as tf.Tensor3D, input as tf.Tensor3D).output, [x], {
			coordinates: 12,
		});
		const { value, grads } = tf.variableGrads(
			loss,
			weights.map(([, weight]) => weight),
		);
		for (const [name, weight] of weights) {
			tf.tidy(() => {
				// Along the gradient the loss rises by the gradient's norm: one number that every coordinate has a part in.
				const gradient = grads[weight.name] as tf.Tensor;
				const norm = Number(tf.norm(gradient).dataSync()[0]);
				const start = tf.clone(weight);
				const at = (h: number): number => {
					weight.assign(tf.add(start, tf.mul(gradient, h / Math.max(norm, 1e-6))));
					return Number(loss().dataSync()[0]);
				};
				const rise = (at(0.01) - at(-0.01)) / 0.02;
				weight.assign(start);
				expectClose([rise], [norm], { atol: 5e-2, rtol: 1e-2, label: name });
			});
		}
		tf.dispose([value, grads, x, upstream]);
		parameters.dispose();
	});

	it("does not care where a rotary sequence begins, and every scheme cares about order", () => {
		for (const [name, options] of variants.slice(3)) {
			const { block, parameters } = make({ ...options, causal: false });
			tf.tidy(() => {
				const x = randomTensor<tf.Rank.R3>([1, T, D], 4);
				const { output } = block.attend(x, x);
				if (options.positions?.kind === "rotary") {
					const away = block.attendTo(x, block.projectMemory(x, x, 11), { queryOffset: 11 });
					expectClose(away.output, output, { atol: 5e-5, label: name });
				}
				const turned = tf.reverse(x, 1);
				const back = tf.reverse(block.attend(turned, turned).output, 1);
				const difference = Number(tf.max(tf.abs(tf.sub(back, output))).dataSync()[0]);
				// Without a mask and a sense of place, attention gives the same in any order; ALiBi looks at distances alone.
				if (options.positions?.kind === "alibi") expect(difference).toBeLessThan(1e-4);
				else expect(difference, name).toBeGreaterThan(1e-3);
			});
			parameters.dispose();
		}
	});

	it("adds Shaw's vectors to keys and values, as written out", () => {
		const { block, parameters } = make({
			name: "shaw",
			querySize: 2,
			numHeads: 1,
			useBias: false,
			positions: { kind: "shaw", maxDistance: 1 },
		});
		const set = (name: string, values: number[][]): void =>
			tf.tidy(() => parameters.variables.get(name)?.assign(tf.tensor2d(values)));
		const eye = [
			[1, 0],
			[0, 1],
		];
		for (const name of ["query", "key", "value", "attention_output"]) set(`${name}/kernel`, eye);
		const [a, b] = [
			[
				[0.3, -0.2],
				[0.5, 0.1],
				[-0.4, 0.7],
			],
			[
				[1, 2],
				[3, 5],
				[7, 11],
			],
		] as [number[][], number[][]];
		set("positions/key", a);
		set("positions/value", b);
		const x = [
			[1, 0.5],
			[-0.3, 2],
		];
		const dot = (u: number[], v: number[]): number =>
			u.reduce((sum, value, i) => sum + value * (v[i] ?? 0), 0);
		const plus = (u: number[], v: number[]): number[] => u.map((value, i) => value + (v[i] ?? 0));
		const row = (i: number, j: number): number => 1 + Math.min(1, Math.max(-1, j - i));
		const expected = x.flatMap((q, i) => {
			const scores = x.map((k, j) => Math.exp(dot(q, plus(k, a[row(i, j)] as number[])) / Math.SQRT2));
			const total = scores.reduce((sum, score) => sum + score, 0);
			return [0, 1].map((f) =>
				x.reduce(
					(sum, v, j) => sum + ((scores[j] ?? 0) / total) * (plus(v, b[row(i, j)] as number[])[f] ?? 0),
					0,
				),
			);
		});
		tf.tidy(() =>
			expectClose(block.attend(tf.tensor3d([x]), tf.tensor3d([x])).output, expected, { atol: 1e-5 }),
		);
		parameters.dispose();
	});

	it("records where it looked, and leaves nothing behind", () => {
		const { block, parameters } = make(plain);
		const x = randomTensor<tf.Rank.R3>([B, T, D], 9);
		const { result, records } = captureAttention(() => tf.tidy(() => block.attend(x, x).output));
		expect(records.map(({ layer, kind, axes }) => [layer, kind, axes.join()])).toEqual([
			["heads", "multiHeadAttention", "batch,heads,query,key"],
		]);
		disposeAttention(records);
		result.dispose();
		expectNoLeak(() => tf.tidy(() => block.attend(x, x).output));
		expectNoLeak(() =>
			tf.tidy(() => block.attendCached(x, block.createCache(B, T)) as unknown as tf.TensorContainer),
		);
		x.dispose();
		parameters.dispose();
	});

	it.each([
		[{ numHeads: 5 }, /`modelDim` 12 is not divisible by `numHeads` 5. Use 1, 2, 3, 4, 6 or 12 heads/],
		[{ numHeads: 4, numKeyValueHeads: 3 }, /is not a multiple of `numKeyValueHeads` 3/],
		[{ numHeads: 3, positions: { kind: "rotary", rotaryDim: 6 } }, /`positions.rotaryDim` is 6; .*4/],
		[{ numHeads: 3, positions: { kind: "spiral" } }, /`positions.kind` is "spiral"/],
		[{ numHeads: 3, positions: { kind: "alibi", slope: 2 } }, /unknown option `slope`/],
		[{ numHeads: 3, dropout: 1 }, /`dropout` is 1/],
		[{ numHeads: 3, window: { left: -2, right: 0 } }, /`window.left` is -2/],
		[{ numHeads: 3, sinks: "yes" }, /`sinks` is "yes"/],
	])("refuses %j before any weight is made", (options, message) => {
		const parameters = new Parameters();
		const make = (): MultiHeadBlock =>
			new MultiHeadBlock(parameters, { name: "x", querySize: D, ...options } as MultiHeadBlockOptions);
		expect(make).toThrow(message);
		expect(parameters.variables.size).toBe(0);
	});
});
