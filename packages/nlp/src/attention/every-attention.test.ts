import { HeedError } from "@heed/core";
import { describeOnEveryBackend, expectClose, expectNoLeak, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { expect, it } from "vitest";
import { type AttentionConfig, attentionByName } from "./attention-by-name.ts";
import type { DecoderAttentionBase } from "./decoder-attention-base.ts";

const [batch, time, source, querySize, memorySize] = [3, 2, 5, 6, 7];
const lengths = [5, 2, 0]; // a full row, a short one, and one with nothing to attend to

const configs: readonly (readonly [name: string, config: AttentionConfig])[] = (
	[
		{ kind: "bahdanau", units: 4 },
		{ kind: "bahdanau", units: 4, normalize: true },
		{ kind: "luong", score: "dot" },
		{ kind: "luong", score: "general" },
		{ kind: "luong", score: "general", normalizer: "entmax15" },
		{ kind: "luong", score: "concat", units: 4 },
		{ kind: "location", maxSourceLength: 8 },
		{ kind: "local", halfWidth: 2 },
		{ kind: "local", halfWidth: 2, alignment: "monotonic" },
		{ kind: "multiHead", numHeads: 2 },
		{ kind: "locationAware", units: 4, filters: 3, kernelSize: 3 },
		{ kind: "locationAware", units: 4, filters: 2, kernelSize: 3, alignments: "cumulative" },
		{ kind: "locationAware", units: 4, filters: 2, kernelSize: 2, alignments: "both" },
		{ kind: "gaussian", components: 2 },
		{ kind: "monotonic", units: 4, mode: "parallel" },
		{ kind: "monotonic", units: 4, mode: "hard" },
		{ kind: "hard", units: 4 },
		{ kind: "hard", units: 4, estimator: "gumbel" },
		{ kind: "hard", score: "general", estimator: "straightThrough" },
		{ kind: "hard", score: "location", maxSourceLength: 8 },
		{ kind: "coverage", units: 4 },
	] satisfies AttentionConfig[]
).map((config) => [JSON.stringify(config), config]);

const make = (config: AttentionConfig): DecoderAttentionBase =>
	attentionByName("test", config, 1) as DecoderAttentionBase;
/** The size of a query: a dot product takes no other than the memory's. */
const sizeFor = (config: AttentionConfig): number =>
	config.kind === "luong" && config.score === "dot" ? memorySize : querySize;
const queryFor = (config: AttentionConfig): tf.Tensor3D =>
	randomTensor<tf.Rank.R3>([batch, time, sizeFor(config)], 2);
/** Whether to run as inside `fit` too: what draws does something else there. */
const phases = (config: AttentionConfig): boolean[] =>
	["hard", "monotonic"].includes(config.kind) ? [false, true] : [false];
const memory = (): tf.Tensor3D => randomTensor<tf.Rank.R3>([batch, source, memorySize], 3);
const within = (): tf.Tensor2D => tf.less(tf.range(0, source, 1, "int32"), tf.reshape(lengths, [batch, 1]));

/** The memory, with `value` behind each length. */
function behind(value: number): tf.Tensor3D {
	const mask = tf.tile(tf.expandDims(within(), 2), [1, 1, memorySize]);
	return tf.where(mask, memory(), tf.fill([batch, source, memorySize], value));
}

/** The answer of a new layer, and the gradients of its sum by memory and query. */
function answer(
	config: AttentionConfig,
	asked: tf.Tensor3D,
	given: tf.Tensor3D,
	training: boolean,
): tf.Tensor[] {
	const [layer, mask] = [make(config), within()]; // a new one draws the same numbers
	const run = (q: tf.Tensor, m: tf.Tensor): tf.Tensor => layer.apply([q, m, mask], { training }) as tf.Tensor;
	const output = run(asked, given);
	const byMemory = tf.grad((m: tf.Tensor) => tf.sum(run(asked, m)))(given);
	// Stop or go: nothing of the context differs by the query.
	if (config.kind === "monotonic" && config.mode === "hard") return [output, byMemory];
	return [output, byMemory, tf.grad((q: tf.Tensor) => tf.sum(run(q, given)))(asked)];
}

describeOnEveryBackend("every decoder attention", () => {
	it.each(configs)("what stands behind a length has no influence, NaN neither: %s", (_, config) => {
		tf.tidy(() => {
			for (const training of phases(config)) {
				const expected = answer(config, queryFor(config), behind(0), training);
				for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1e30]) {
					answer(config, queryFor(config), behind(value), training).forEach((x, i) => {
						expect(x.dataSync(), `${["output", "memory", "query"][i]}, ${value}, ${training}`).toEqual(
							expected[i]?.dataSync(),
						);
					});
				}
			}
			const layer = make(config);
			layer.buildFor(sizeFor(config), memorySize);
			const valid = tf.tensor1d(lengths, "int32");
			const first = tf.squeeze(tf.slice(queryFor(config), [0, 0, 0], [batch, 1, -1]), [1]);
			const step = (given: tf.Tensor3D): tf.TypedArray =>
				layer.step(first as tf.Tensor2D, layer.setUp(given, valid)).context.dataSync();
			expect(step(behind(Number.NaN))).toEqual(step(behind(0)));
			expect([...step(behind(0)).slice(-memorySize)], "a dead row").toEqual(new Array(memorySize).fill(0));
		});
	});

	it.each(configs)("NaN in a query stays in its row: %s", (_, config) => {
		tf.tidy(() => {
			const shape = [batch, time, sizeFor(config)] as const;
			const isFirst = tf.tile(tf.reshape(tf.equal(tf.range(0, batch), 0), [batch, 1, 1]), [
				1,
				...shape.slice(1),
			]);
			const asked = tf.where(isFirst, tf.fill([...shape], Number.NaN), queryFor(config)) as tf.Tensor3D;
			const others = (x: tf.Tensor | undefined): number[] =>
				[...(x as tf.Tensor).dataSync()].slice(time * memorySize);
			for (const training of phases(config)) {
				const [clean] = answer(config, queryFor(config), behind(0), training);
				const [spoilt] = answer(config, asked, behind(0), training);
				expect(others(spoilt)).toEqual(others(clean));
			}
		});
	});

	it.each(configs)("is saved in a model and loaded with the same answer: %s", async (_, config) => {
		const inputs = [
			tfl.input({ shape: [time, sizeFor(config)] }),
			tfl.input({ shape: [source, memorySize] }),
			tfl.input({ shape: [source], dtype: "bool" }),
		];
		const given = tf.tidy(() => [queryFor(config), memory(), within()]);
		const model = tfl.model({ inputs, outputs: make(config).apply(inputs) as tfl.SymbolicTensor });
		let saved: tf.io.ModelArtifacts | undefined;
		await model.save(
			tf.io.withSaveHandler(async (artifacts) => {
				saved = artifacts;
				return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
			}),
		);
		const loaded = await tfl.loadLayersModel(tf.io.fromMemory(saved as tf.io.ModelArtifacts));
		tf.tidy(() => {
			expectClose(loaded.predict(given) as tf.Tensor, model.predict(given) as tf.Tensor);
		});
		for (const one of [model, loaded]) one.dispose();
		tf.dispose(given);
	});

	it.each(configs)("says what it cannot use, and leaves nothing: %s", (_, config) => {
		tf.tidy(() => {
			const layer = make(config);
			layer.buildFor(sizeFor(config), memorySize);
			const first = tf.zeros<tf.Rank.R2>([batch, sizeFor(config)]);
			const wrong: [RegExp, () => unknown][] = [
				[/lengths\[1\] is 6; expected 0 to 5/, () => layer.setUp(memory(), tf.tensor1d([1, 6, 2], "int32"))],
				[/lengths\[0\] is -1/, () => layer.setUp(memory(), tf.tensor1d([-1, 1, 2], "int32"))],
				[/lengths is float32; expected int32/, () => layer.setUp(memory(), tf.tensor1d([1, 1, 2]))],
				[/empty/, () => layer.setUp(tf.zeros([0, source, memorySize]))],
				[/empty/, () => layer.setUp(tf.zeros([batch, 0, memorySize]))],
				[
					/memory is int32; expected float32/,
					() => layer.setUp(tf.zeros([batch, source, memorySize], "int32")),
				],
				[/memory \[/, () => layer.setUp(tf.zeros([batch, source]) as unknown as tf.Tensor3D)],
				[
					/query is int32; expected float32/,
					() => layer.apply([tf.zeros([batch, time, sizeFor(config)], "int32"), memory()]),
				],
			];
			const sizes: typeof wrong = [
				[
					/query .* does not match .*expected querySize/,
					() => layer.apply([tf.zeros([batch, time, 3]), memory()]),
				],
				[
					/memory .* does not match the weights: .*memorySize 7/,
					() => layer.setUp(tf.zeros([batch, source, 3])),
				],
				[/\.step: the state is undefined; expected what `setUp/, () => layer.step(first, undefined as never)],
				[/\.step: the state has no `memory`/, () => layer.step(first, {} as never)],
				[
					/\.reorderState: the state is null/,
					() => layer.reorderState(null as never, tf.tensor1d([0, 1, 2], "int32")),
				],
			];
			for (const [message, run] of [...wrong, ...sizes]) {
				expect(run).toThrow(message);
				expect(run).toThrow(HeedError);
				expectNoLeak(() => tf.tidy(() => run() as tf.TensorContainer), { throws: true });
			}
		});
	});

	it.each(configs)(
		"a first call that is refused makes no weights, one of other sizes works after it: %s",
		(_, config) => {
			const layer = make(config);
			tf.tidy(() => {
				const dot = config.kind === "luong" && config.score === "dot";
				const [query, given] = [tf.ones([batch, time, sizeFor(config)]), memory()];
				const wrong: tf.Tensor[][] = [
					[tf.zeros([batch, time, sizeFor(config)], "int32"), given],
					[tf.zeros([batch, 0, sizeFor(config)]), given],
					[tf.zeros([batch, sizeFor(config)]), given],
					[query, tf.zeros([batch, source, memorySize], "int32")],
					[query, tf.zeros([batch, 0, memorySize])],
					[tf.zeros([0, time, sizeFor(config)]), tf.zeros([0, source, memorySize])],
					[query, tf.zeros([batch, memorySize])],
					[query, given, tf.ones([batch, source + 1], "bool")],
				];
				const before = tf.memory().numTensors;
				for (const inputs of wrong) {
					expect(() => layer.apply(inputs)).toThrow(HeedError);
					expect([tf.memory().numTensors, layer.weights.length]).toEqual([before, 0]);
				}
				const other = layer.apply([tf.ones([batch, time, 4]), tf.ones([batch, source, dot ? 4 : 8])]);
				expect((other as tf.Tensor).shape).toEqual([batch, time, dot ? 4 : 8]);
			});
			layer.dispose();
		},
	);
});
