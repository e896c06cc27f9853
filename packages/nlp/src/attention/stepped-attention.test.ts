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
import { type AttentionConfig, attentionByName, attentionKinds } from "./attention-by-name.ts";
import { type AttentionStep, isParallel, type StepOptions } from "./decoder-attention.ts";
import type { SteppedAttention } from "./stepped-attention.ts";

const [batch, time, source, querySize, memorySize] = [3, 2, 5, 4, 7];
const configs: AttentionConfig[] = [
	{ kind: "locationAware", units: 11, filters: 2, kernelSize: 3 },
	{ kind: "locationAware", units: 11, filters: 2, kernelSize: 3, alignments: "cumulative" },
	{ kind: "locationAware", units: 11, filters: 2, kernelSize: 4, alignments: "both", smoothing: true },
	{ kind: "gaussian", components: 2 },
	{ kind: "monotonic", units: 11, mode: "parallel" },
	{ kind: "monotonic", units: 11, normalize: false },
	{ kind: "hard", units: 11 },
	{ kind: "hard", score: "general", estimator: "gumbel", temperature: 0.5 },
	{ kind: "hard", units: 11, estimator: "straightThrough" },
	{ kind: "hard", score: "location", maxSourceLength: 4, estimator: "gumbel" },
	{ kind: "coverage", units: 11 },
];
/** Those whose result changes smoothly with everything, also while training from a seed. */
const smooth = configs.filter((config) => config.kind !== "hard" || config.estimator === "gumbel");
const training: StepOptions = { training: { seed: 3 } };

function make(config: AttentionConfig): SteppedAttention {
	const layer = attentionByName("test", config, 0) as SteppedAttention;
	layer.buildFor(querySize, memorySize);
	// Away from their special starting values, so that every weight matters.
	layer.setWeights(layer.getWeights().map((weight, i) => randomTensor(weight.shape, i + 1, 0.6)));
	return layer;
}

const query = (): tf.Tensor3D => randomTensor<tf.Rank.R3>([batch, time, querySize], 7);
const memory = (): tf.Tensor3D => randomTensor<tf.Rank.R3>([batch, source, memorySize], 8);
const lengths = (): tf.Tensor1D => tf.tensor1d([5, 2, 3], "int32");

/** Every step of `[B, T, Q]` on its own. */
function steps(
	layer: SteppedAttention,
	q: tf.Tensor,
	m: tf.Tensor,
	options: StepOptions = {},
	valid: tf.Tensor1D = lengths(),
): AttentionStep[] {
	let state = layer.setUp(m as tf.Tensor3D, valid);
	return Array.from({ length: q.shape[1] as number }, (_, t) => {
		const one = tf.reshape(tf.slice(q, [0, t, 0], [-1, 1, -1]), [-1, querySize]) as tf.Tensor2D;
		const step = layer.step(one, state, options);
		state = step.state;
		return step;
	});
}

/** All that the steps give, as one tensor. */
const everything = (all: readonly AttentionStep[]): tf.Tensor =>
	tf.concat(
		all.flatMap(({ context, alignment }) => [tf.reshape(context, [-1]), tf.reshape(alignment, [-1])]),
	);

describeOnEveryBackend("attention step by step", () => {
	it.each(configs)("gives the same as a layer on a whole sequence: %o", (config) => {
		tf.tidy(() => {
			const layer = make(config);
			const mask = tf.tensor2d(
				[5, 2, 3].map((length) => Array.from({ length: source }, (_, j) => j < length)),
				[batch, source],
				"bool",
			);
			const { result, records } = captureAttention(() => layer.apply([query(), memory(), mask]) as tf.Tensor);
			const single = steps(layer, query(), memory());
			expectClose(
				result,
				tf.stack(
					single.map(({ context }) => context),
					1,
				),
			);
			expect(records.map(({ kind, axes }) => [kind, axes])).toEqual([
				[layer.kind, ["batch", "query", "key"]],
			]);
			expectClose(
				records[0]?.weights as tf.Tensor,
				tf.stack(
					single.map(({ alignment }) => alignment),
					1,
				),
			);
			disposeAttention(records);
			const byTime = tf.broadcastTo(tf.expandDims(tf.cast(mask, "int32"), 1), [batch, time, source]);
			expectClose(layer.apply([query(), memory(), tf.cast(byTime, "bool")]) as tf.Tensor, result);
			const expected = tf.matMul(
				tf.stack(
					single.map(({ alignment }) => alignment),
					1,
				),
				memory(),
			);
			expectClose(result, expected);
		});
	});

	it.each(smooth)("has the gradients of query and memory: %o", (config) => {
		const layer = make(config);
		tf.tidy(() => {
			const all = (q: tf.Tensor, m: tf.Tensor): tf.Tensor => everything(steps(layer, q, m, training));
			expectGradientsMatch(all, [query(), memory()], { names: ["query", "memory"], coordinates: 10 });
		});
	});

	it.each(configs)("is not influenced by what is past the length, to the bit: %o", (config) => {
		const layer = make(config);
		tf.tidy(() => {
			const past = tf.cast(tf.greaterEqual(tf.range(0, source), 3), "float32");
			const other = tf.add(memory(), tf.mul(tf.reshape(past, [1, source, 1]), 100)) as tf.Tensor3D;
			for (const options of [{}, training]) {
				const [one, two] = [memory(), other].map((m) =>
					everything(steps(layer, query(), m, options, tf.tensor1d([3, 3, 3], "int32"))),
				);
				expect([...(two as tf.Tensor).dataSync()]).toEqual([...(one as tf.Tensor).dataSync()]);
			}
		});
	});

	it.each(configs)("gives zeros where there is nothing to attend to, with zero gradients: %o", (config) => {
		const layer = make(config);
		tf.tidy(() => {
			const none = tf.tensor1d([0, 2, 0], "int32");
			const context = (m: tf.Tensor): tf.Tensor => {
				const all = steps(layer, query(), m, training, none);
				return tf.stack(all.map((step) => step.context)); // [T, B, M]
			};
			expectClose(tf.slice(context(memory()), [0, 0, 0], [-1, 1, -1]), new Array(time * memorySize).fill(0));
			const gradient = tf.grad((m: tf.Tensor) => tf.sum(context(m)))(memory());
			expectClose(tf.slice(gradient, [2, 0, 0], [1, -1, -1]), new Array(source * memorySize).fill(0));
		});
	});

	it.each(configs)("reorders all that a step leaves behind: %o", (config) => {
		const layer = make(config);
		tf.tidy(() => {
			const order = tf.tensor1d([2, 0, 0], "int32");
			const [first] = steps(layer, query(), memory());
			const moved = layer.reorderState(first?.state as never, order);
			const asked = randomTensor<tf.Rank.R2>([batch, querySize], 9);
			const straight = layer.step(asked, first?.state as never);
			const { alignment } = layer.step(tf.gather(asked, order), moved);
			expectClose(alignment, tf.gather(straight.alignment, order));
		});
	});

	it.each(configs)("survives its config: %o", (config) => {
		const layer = make(config);
		const saved = JSON.parse(JSON.stringify(layer.getConfig()));
		const copy = new (layer.constructor as new (args: object) => SteppedAttention)(saved);
		expect(copy.getConfig()).toEqual(layer.getConfig());
		expect(isParallel(layer)).toBe(false);
		expect(attentionKinds).toContain(config.kind);
	});

	it.each(configs)("leaves nothing behind, and says what is wrong: %o", (config) => {
		const layer = make(config);
		const [q, m, l] = [query(), memory(), lengths()];
		const state = layer.setUp(m, l);
		const asked = randomTensor<tf.Rank.R2>([batch, querySize], 9);
		const order = tf.tensor1d([2, 0, 1], "int32");
		expectNoLeak(() => ({ ...layer.setUp(m, l) }));
		for (const options of [{}, training]) {
			expectNoLeak(() => {
				const { context, alignment, penalty, sample, state: next } = layer.step(asked, state, options);
				const kept = new Set(Object.values(state));
				const fresh = Object.values(next).filter((tensor) => !kept.has(tensor));
				return [context, alignment, ...fresh, ...(penalty ? [penalty] : []), ...Object.values(sample ?? {})];
			});
		}
		expectNoLeak(() => ({ ...layer.reorderState(state, order) }));
		expectNoLeak(() => layer.apply([q, m]) as tf.Tensor);
		expectNoLeak(() => ({ ...layer.setUp(m, asked as never) }), { throws: true });
		expectNoLeak(() => ({ ...layer.step(q as never, state) }), { throws: true });
		expect(() => layer.step(randomTensor<tf.Rank.R2>([2, querySize], 1), state)).toThrow(
			/batch 2.*expected batch 3/,
		);
		expect(() => layer.step(randomTensor<tf.Rank.R2>([batch, 3], 1), state)).toThrow(/expected querySize 4/);
		expect(() => layer.setUp(asked as never)).toThrow(/memory.*rank 2; expected rank 3/);
		expect(() => layer.setUp(tf.zeros([batch, 0, memorySize]))).toThrow(/memory .*is empty/);
		expect(() => layer.apply([tf.zeros([batch, 0, querySize]), m])).toThrow(/expected at least time 1/);
		expect(() => layer.apply([q, m, tf.ones([batch, 7])])).toThrow(/3 inputs came that are no mask/);
		expect(() => attentionByName("test", { ...config, unit: 3 } as never, 0)).toThrow(
			/unknown option `unit`/,
		);
		tf.dispose([q, m, l, asked, order, { ...state }]);
	});

	it.each<[AttentionConfig, RegExp]>([
		[{ kind: "locationAware", units: 0 }, /`units` is 0/],
		[{ kind: "locationAware", units: 3, filters: 0 }, /`filters` is 0/],
		[{ kind: "locationAware", units: 3, sharpening: 0 }, /`sharpening` is 0/],
		[{ kind: "locationAware", units: 3, sharpening: 2, smoothing: true }, /with `smoothing`/],
		[{ kind: "locationAware", units: 3, alignments: "all" as never }, /'previous', 'cumulative', 'both'/],
		[{ kind: "gaussian", components: 1.5 }, /`components` is 1.5/],
		[{ kind: "monotonic", units: 3, mode: "soft" as never }, /'parallel', 'hard', 'auto'/],
		[{ kind: "monotonic", units: 3, noise: -1 }, /`noise` is -1/],
		[{ kind: "monotonic", units: 3, scoreBias: Number.NaN }, /`scoreBias` is NaN/],
		[{ kind: "hard" }, /`units` is undefined/],
		[{ kind: "hard", score: "general", units: 3 }, /`units` is 3 with `score` 'general'/],
		[{ kind: "hard", units: 3, temperature: 0.5 }, /`temperature` is 0.5 with `estimator` 'reinforce'/],
		[{ kind: "hard", units: 3, softRate: 2 }, /`softRate` is 2/],
		[{ kind: "hard", units: 3, estimator: "gumbel", softRate: 0.5 }, /`softRate` is 0.5 with/],
		[{ kind: "coverage", units: 0 }, /`units` is 0/],
	])("refuses %o", (config, message) => {
		expect(() => attentionByName("test", config, 0)).toThrow(message);
		expect(() => attentionByName("test", config, 0)).toThrow(HeedError);
	});
});
