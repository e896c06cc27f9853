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
import * as tfl from "@tensorflow/tfjs-layers";
import { expect, it } from "vitest";
import { type AttentionConfig, attentionByName } from "./attention-by-name.ts";
import { reorderWithinSource } from "./attention-state.ts";
import type { AttentionState } from "./decoder-attention.ts";
import type { ParallelAttention } from "./parallel-attention.ts";

const [batch, time, source, querySize] = [3, 4, 5, 6];
const cases: [config: AttentionConfig, memorySize: number][] = [
	[{ kind: "luong", score: "dot" }, querySize],
	[{ kind: "luong", score: "dot", scale: true }, querySize],
	[{ kind: "luong", score: "concat", units: 11 }, 7],
	[{ kind: "location", maxSourceLength: 7 }, 7],
	[{ kind: "location", maxSourceLength: 3 }, 7],
	[{ kind: "local", alignment: "monotonic", halfWidth: 2 }, 7],
	[{ kind: "local", alignment: "monotonic", halfWidth: 1, score: "dot" }, querySize],
	[{ kind: "local", halfWidth: 2, scale: true }, 7],
	[{ kind: "local", halfWidth: 3, score: "concat" }, 7],
	[{ kind: "multiHead", numHeads: 3 }, 7],
	[{ kind: "multiHead", numHeads: 2, keyDim: 5 }, 7],
];
/** Those that have weights. */
const weighted = cases.filter(([config]) => !("score" in config) || config.score !== "dot" || config.scale);

function make(config: AttentionConfig, memorySize: number): ParallelAttention {
	const layer = attentionByName("test", config, 0) as ParallelAttention;
	layer.buildFor(querySize, memorySize);
	layer.setWeights(layer.getWeights().map((weight, i) => randomTensor(weight.shape, i + 1, 0.7)));
	return layer;
}

const query = (): tf.Tensor3D => randomTensor<tf.Rank.R3>([batch, time, querySize], 7);
const memoryOf = (size: number): tf.Tensor3D => randomTensor<tf.Rank.R3>([batch, source, size], 8);
const lengths = (values = [5, 2, 3]): tf.Tensor1D => tf.tensor1d(values, "int32");
const at = (x: tf.Tensor3D, t: number): tf.Tensor2D =>
	tf.reshape(tf.slice(x, [0, t, 0], [-1, 1, -1]), [x.shape[0], x.shape[2]]) as tf.Tensor2D;

/** Every step, one after the other. */
function inSteps(layer: ParallelAttention, questions: tf.Tensor3D, start: AttentionState): tf.Tensor[] {
	let state = start;
	const steps = Array.from({ length: questions.shape[1] }, (_, t) => {
		const step = layer.step(at(questions, t), state);
		state = step.state;
		return step;
	});
	return [
		tf.stack(
			steps.map(({ context }) => context),
			1,
		),
		tf.stack(
			steps.map(({ alignment }) => alignment),
			1,
		),
	];
}

/** Saves a model as JSON and bytes, and loads it again. */
async function saveAndLoad(model: tfl.LayersModel): Promise<tfl.LayersModel> {
	let artifacts: tf.io.ModelArtifacts | undefined;
	await model.save(
		tf.io.withSaveHandler(async (saved) => {
			artifacts = saved;
			return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
		}),
	);
	const json = JSON.parse(JSON.stringify({ ...artifacts, weightData: undefined })) as tf.io.ModelArtifacts;
	return tfl.loadLayersModel(
		tf.io.fromMemory({ ...json, weightData: artifacts?.weightData as tf.io.WeightData }),
	);
}

describeOnEveryBackend("attention whose steps may run at once", () => {
	it.each(cases)("says the same step by step, all at once and as a layer: %o", (config, size) => {
		tf.tidy(() => {
			const layer = make(config, size);
			const [context, alignment] = inSteps(layer, query(), layer.setUp(memoryOf(size), lengths())) as [
				tf.Tensor,
				tf.Tensor,
			];
			const all = layer.attendAll(query(), layer.setUp(memoryOf(size), lengths()));
			expectClose(all.context, context, { label: "context" });
			expectClose(all.alignment, alignment, { label: "alignment" });

			const mask = tf.less(tf.range(0, source, 1, "int32"), tf.reshape(lengths(), [batch, 1]));
			const perQuery = tf.tile(tf.expandDims(mask, 1), [1, time, 1]);
			const twin = attentionByName("test", config, 0) as ParallelAttention;
			for (const given of [mask, perQuery]) {
				twin.apply([query(), memoryOf(size), given]);
				twin.setWeights(layer.getWeights());
				expectClose(twin.apply([query(), memoryOf(size), given]) as tf.Tensor, context, { label: "layer" });
			}
		});
	});

	it.each(cases)("has the gradients of query and memory: %o", (config, size) => {
		const layer = make(config, size);
		tf.tidy(() => {
			const start = (m: tf.Tensor): AttentionState => layer.setUp(m as tf.Tensor3D, lengths());
			const all = (q: tf.Tensor, m: tf.Tensor): tf.Tensor =>
				layer.attendAll(q as tf.Tensor3D, start(m)).context;
			const steps = (q: tf.Tensor, m: tf.Tensor): tf.Tensor =>
				inSteps(layer, q as tf.Tensor3D, start(m))[0] as tf.Tensor;
			const options = { names: ["query", "memory"], coordinates: 11 };
			expectGradientsMatch(all, [query(), memoryOf(size)], options);
			expectGradientsMatch(steps, [query(), memoryOf(size)], options);
		});
	});

	it.each(weighted)("has the gradients of its weights: %o", (config, size) => {
		const layer = make(config, size);
		tf.tidy(() => {
			const weigh = randomTensor([batch, time, size], 5);
			const loss = (): tf.Scalar => {
				const { context } = layer.attendAll(query(), layer.setUp(memoryOf(size), lengths()));
				return tf.sum(tf.mul(context, weigh));
			};
			const variables = layer.weights.map((weight) => weight.read() as tf.Variable);
			const { grads } = tf.variableGrads(() => tf.tidy(loss), variables);
			for (const [i, variable] of variables.entries()) {
				const label = layer.weights[i]?.originalName ?? "";
				const gradient = grads[variable.name] as tf.Tensor;
				const norm = Number(tf.norm(gradient).dataSync()[0]);
				expect(norm, label).toBeGreaterThan(1e-2);
				const start = tf.clone(variable);
				const along = (shift: number): number => {
					variable.assign(tf.add(start, tf.mul(gradient, shift / norm)));
					return Number(loss().dataSync()[0]);
				};
				expectClose([(along(5e-3) - along(-5e-3)) / 1e-2 / norm], [1], { atol: 2e-2, label });
				variable.assign(start);
			}
		});
	});

	it.each(cases)(
		"is not influenced by what is hidden, to the bit, and rests where nothing is left: %o",
		(config, size) => {
			const layer = make(config, size);
			tf.tidy(() => {
				const counts = [3, 2, 0];
				const hidden = tf.greaterEqual(
					tf.range(0, source, 1, "int32"),
					tf.reshape(lengths(counts), [batch, 1]),
				);
				const noise = tf.mul(tf.cast(tf.expandDims(hidden, 2), "float32"), 100);
				const run = (m: tf.Tensor): tf.Tensor =>
					layer.attendAll(query(), layer.setUp(m as tf.Tensor3D, lengths(counts))).context;
				const context = run(memoryOf(size));
				expect([...run(tf.add(memoryOf(size), noise)).dataSync()]).toEqual([...context.dataSync()]);
				expectClose(tf.slice(context, [2], [1]), new Array(time * size).fill(0), { atol: 0 });
				const [dq, dm] = tf.grads((q: tf.Tensor, m: tf.Tensor) => {
					const state = layer.setUp(m as tf.Tensor3D, lengths(counts));
					return tf.sum(layer.attendAll(q as tf.Tensor3D, state).context);
				})([query(), memoryOf(size)]) as [tf.Tensor, tf.Tensor];
				expectClose(tf.slice(dq, [2], [1]), new Array(time * querySize).fill(0), { atol: 0 });
				const dead = tf.mul(dm, tf.cast(tf.expandDims(hidden, 2), "float32"));
				expectClose(dead, new Array(batch * source * size).fill(0), { atol: 0 });
				expect([...dq.dataSync(), ...dm.dataSync()].every(Number.isFinite)).toBe(true);
			});
		},
	);

	it.each(cases)("keeps a NaN of a query to its row: %o", (config, size) => {
		const layer = make(config, size);
		tf.tidy(() => {
			const state = layer.setUp(memoryOf(size), lengths());
			const first = at(query(), 0);
			const spoil = tf.reshape(tf.tensor1d([0, Number.NaN, 0]), [batch, 1]);
			const clean = layer.step(first, state).context;
			const spoilt = layer.step(tf.add(first, spoil) as tf.Tensor2D, state).context;
			expect([...tf.slice(spoilt, [1], [1]).dataSync()].every(Number.isNaN)).toBe(true);
			for (const row of [0, 2]) expectClose(tf.slice(spoilt, [row], [1]), tf.slice(clean, [row], [1]));
		});
	});

	it.each(cases)("goes on from a state whose rows were reordered in the middle: %o", (config, size) => {
		const layer = make(config, size);
		tf.tidy(() => {
			const order = tf.tensor1d([2, 0, 0], "int32");
			const start = layer.setUp(memoryOf(size), lengths());
			const { state } = layer.step(at(query(), 0), layer.step(at(query(), 1), start).state);
			const reordered = layer.reorderState(state, order);
			const next = layer.step(at(query(), 2), reordered);
			// Each row alone, from its own source, after two steps of anything.
			for (const [row, from] of [2, 0, 0].entries()) {
				const one = (x: tf.Tensor, index: number): tf.Tensor => tf.slice(x, [index], [1]);
				const single = layer.setUp(
					one(memoryOf(size), from) as tf.Tensor3D,
					one(lengths(), from) as tf.Tensor1D,
				);
				const question = one(query(), row) as tf.Tensor3D;
				const after = layer.step(at(question, 0), layer.step(at(question, 0), single).state);
				const alone = layer.step(at(question, 2), after.state);
				expectClose(one(next.alignment, row), alone.alignment, { label: `row ${row}` });
				expectClose(one(next.context, row), alone.context, { label: `row ${row}` });
			}
			const within = reorderWithinSource(state, order);
			expect(Object.keys(within).sort()).toEqual(Object.keys(state).sort());
			expect(within.keys).toBe(state.keys);
		});
	});

	it.each(cases)(
		"survives saving and loading, and tells a capture where it looked: %o",
		async (config, size) => {
			const layer = attentionByName("test", config, 3) as ParallelAttention;
			const { kind: _, ...args } = config;
			expect(layer.getConfig()).toMatchObject(args);
			const inputs = [tfl.input({ shape: [time, querySize] }), tfl.input({ shape: [source, size] })];
			const mask = tfl.input({ shape: [source], dtype: "bool" });
			const model = tfl.model({
				inputs: [...inputs, mask],
				outputs: layer.apply([...inputs, mask]) as tfl.SymbolicTensor,
			});
			layer.setWeights(layer.getWeights().map((weight, i) => randomTensor(weight.shape, i + 1)));
			const loaded = await saveAndLoad(model);
			tf.tidy(() => {
				const given = [query(), memoryOf(size), tf.ones([batch, source], "bool")];
				const { result, records } = captureAttention(() => model.predict(given) as tf.Tensor);
				expectClose(loaded.predict(given) as tf.Tensor, result, { atol: 0 });
				expect(records.map(({ kind, axes, weights }) => [kind, axes, weights.shape])).toEqual([
					[layer.kind, ["batch", "query", "key"], [batch, time, source]],
				]);
				disposeAttention(records);
			});
			const copy = new (layer.constructor as new (args: object) => ParallelAttention)(layer.getConfig());
			expect(copy.getConfig()).toEqual(layer.getConfig());
		},
	);

	it.each(cases)("leaves nothing behind, and says what is wrong: %o", (config, size) => {
		const layer = make(config, size);
		const [q, m, l, order] = [query(), memoryOf(size), lengths(), tf.tensor1d([2, 0, 1], "int32")];
		const first = tf.tidy(() => at(q, 0));
		const state = layer.setUp(m, l);
		expectNoLeak(() => ({ ...layer.setUp(m, l) }));
		expectNoLeak(() => ({ ...layer.attendAll(q, state) }));
		expectNoLeak(() => {
			const { context, alignment, state: next } = layer.step(first, state);
			return [
				context,
				alignment,
				...Object.values(next).filter((one) => !Object.values(state).includes(one)),
			];
		});
		expectNoLeak(() => ({ ...layer.reorderState(state, order) }));
		const other = tf.zeros<tf.Rank.R3>([batch, time, querySize + 1]);
		const wrong: [() => unknown, RegExp][] = [
			[() => layer.setUp(first as never), /setUp: memory.*rank 2; expected rank 3/],
			[() => layer.setUp(tf.zeros([0, source, size])), /memory.*is empty/],
			[() => layer.setUp(tf.zeros([batch, 0, size])), /memory.*is empty/],
			[() => layer.setUp(tf.zeros([batch, source, size + 1])), /expected memorySize/],
			[() => layer.setUp(m, tf.tensor1d([1], "int32")), /lengths/],
			[() => layer.step(q as never, state), /step: query.*rank 3; expected rank 2/],
			[() => layer.step(tf.zeros([batch, querySize + 1]), state), /expected querySize 6/],
			[() => layer.attendAll(other, state), /attendAll: query.*expected querySize 6/],
			[() => layer.attendAll(first as never, state), /expected rank 3/],
			[
				() => layer.attendAll(q, undefined as never),
				/attendAll: the state is undefined; expected what `setUp/,
			],
		];
		for (const [call, message] of wrong) {
			expect(() => tf.tidy(() => call() as tf.Tensor)).toThrow(message);
			expect(() => tf.tidy(() => call() as tf.Tensor)).toThrow(HeedError);
		}
		expectNoLeak(() => ({ ...layer.attendAll(other, state) }), { throws: true });
		const fresh = attentionByName("test", config, 0) as ParallelAttention;
		if (layer.weights.length > 0) {
			const call = (): object => fresh.attendAll(q, fresh.setUp(m));
			expect(() => tf.tidy(() => ({ ...call() }) as tf.TensorContainer)).toThrow(
				"the weights are not there yet",
			);
		}
		expect(() => attentionByName("test", { ...config, unit: 3 } as never, 0)).toThrow(
			"unknown option `unit`",
		);
		tf.dispose([q, m, l, order, first, other, ...Object.values(state)]);
	});
});
