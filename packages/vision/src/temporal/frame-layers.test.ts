import { captureAttention, disposeAttention } from "@heed/layers";
import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { input, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { expect, it } from "vitest";
import { expectWeightGradients } from "../../test/expect-weight-gradients.ts";
import { stirWeights } from "../../test/plain-layers.ts";
import { saveAndLoad } from "../../test/save-and-load.ts";
import type { FrameAttention } from "./frame-attention.ts";
import { hardFrameSelection } from "./hard-frame-selection.ts";
import { queryTemporalAttention } from "./query-temporal-attention.ts";
import { spatioTemporalAttention } from "./spatio-temporal-attention.ts";
import { temporalSelfAttention } from "./temporal-self-attention.ts";

const [batch, frames, height, width, features, querySize] = [2, 5, 3, 2, 4, 7];
const pixels = height * width;

interface FrameLayerCase {
	readonly name: string;
	readonly make: (more?: object) => FrameAttention;
	readonly isVideo?: boolean;
	readonly takesQuery?: boolean;
	readonly output: readonly number[];
	readonly map: readonly number[];
	/** Kinds and axes of its records. */
	readonly records: readonly (readonly [kind: string, ...axes: string[]])[];
	/** Its gradient in training is an estimate. */
	readonly isEstimate?: boolean;
}

const common = { seed: 0 };
const temporal = ["temporal", "batch", "frame"] as const;
const spatial = ["spatial", "batch", "frame", "height", "width"] as const;
const pair = ["heads", "query", "key"] as const;
const video = [batch, frames, height, width, features];

const cases: FrameLayerCase[] = [
	{
		name: "queryTemporalAttention",
		make: (more) => queryTemporalAttention({ ...common, units: 3, ...more }),
		...{ takesQuery: true, output: [batch, features], map: [batch, frames], records: [temporal] },
	},
	{
		name: "queryTemporalAttention, fused",
		make: (more) => queryTemporalAttention({ ...common, units: 3, fuse: true, queryBias: false, ...more }),
		...{ takesQuery: true, output: [batch, querySize], map: [batch, frames], records: [temporal] },
	},
	{
		name: "queryTemporalAttention, frames kept",
		make: (more) => queryTemporalAttention({ ...common, units: 3, reduce: false, ...more }),
		...{ takesQuery: true, output: [batch, frames, features], map: [batch, frames], records: [temporal] },
	},
	{
		name: "spatioTemporalAttention",
		make: (more) => spatioTemporalAttention({ ...common, units: 3, ...more }),
		...{ isVideo: true, takesQuery: true, output: [batch, features] },
		...{ map: [batch, frames, height, width], records: [spatial, temporal] },
	},
	{
		name: "spatioTemporalAttention, spatial alone",
		make: (more) => spatioTemporalAttention({ ...common, units: 3, temporal: false, ...more }),
		...{ isVideo: true, takesQuery: true, output: [batch, frames, features] },
		...{ map: [batch, frames, height, width], records: [spatial] },
	},
	{
		name: "spatioTemporalAttention, temporal alone",
		make: (more) => spatioTemporalAttention({ ...common, units: 3, spatial: false, ...more }),
		...{
			isVideo: true,
			takesQuery: true,
			output: [batch, features],
			map: [batch, frames],
			records: [temporal],
		},
	},
	{
		name: "temporalSelfAttention",
		make: (more) => temporalSelfAttention({ ...common, numHeads: 2, causal: true, ...more }),
		...{ output: [batch, frames, features], map: [batch, 2, frames, frames] },
		records: [["pairwise", "batch", ...pair]],
	},
	{
		name: "temporalSelfAttention, divided",
		make: (more) => temporalSelfAttention({ ...common, numHeads: 2, ...more }),
		...{ isVideo: true, output: video, map: [batch, frames, 2, pixels, pixels] },
		records: [
			["pairwise", "batch", "pixel", ...pair],
			["pairwise", "batch", "frame", ...pair],
		],
	},
	{
		name: "temporalSelfAttention, time alone",
		make: (more) => temporalSelfAttention({ ...common, numHeads: 2, mode: "time", residual: false, ...more }),
		...{ isVideo: true, output: video, map: [batch, pixels, 2, frames, frames] },
		records: [["pairwise", "batch", "pixel", ...pair]],
	},
	{
		name: "temporalSelfAttention, joint",
		make: (more) => temporalSelfAttention({ ...common, numHeads: 2, mode: "joint", ...more }),
		...{ isVideo: true, output: video, map: [batch, 2, frames * pixels, frames * pixels] },
		records: [["pairwise", "batch", ...pair]],
	},
	{
		name: "hardFrameSelection, topk",
		make: (more) => hardFrameSelection({ ...common, units: 3, k: 2, estimator: "topk", ...more }),
		...{ output: [batch, features], map: [batch, frames], records: [temporal] },
	},
	{
		name: "hardFrameSelection, gumbel, by a query, frames kept",
		make: (more) =>
			hardFrameSelection({
				...{ ...common, units: 3, k: 2, estimator: "gumbel", query: true, reduce: false },
				...more,
			}),
		...{ takesQuery: true, output: [batch, frames, features], map: [batch, frames], records: [temporal] },
		isEstimate: true,
	},
];

const shapeOf = ({ isVideo }: FrameLayerCase): number[] => (isVideo ? video : [batch, frames, features]);
const inputsOf = (one: FrameLayerCase): tf.Tensor[] => [
	randomTensor(shapeOf(one), 3),
	...(one.takesQuery ? [randomTensor([batch, querySize], 4)] : []),
];
const apply = (layer: FrameAttention, inputs: tf.Tensor[], training = false): tf.Tensor => {
	const result = layer.apply(inputs.length === 1 ? (inputs[0] as tf.Tensor) : inputs, { training });
	return [result].flat()[0] as tf.Tensor;
};
/** The first video has holes, the second no frame that counts. */
const frameMask = (): tf.Tensor2D =>
	tf.tensor2d(
		[
			[1, 0, 1, 1, 0],
			[0, 0, 0, 0, 0],
		],
		[batch, frames],
		"bool",
	);

describeOnEveryBackend("a layer on frames", () => {
	it.each(cases)("returns and records its map, and has the right gradients: $name", (one) => {
		tf.tidy(() => {
			const layer = one.make({ returnAttention: true, name: "watch" });
			const inputs = inputsOf(one);
			apply(layer, inputs);
			stirWeights(layer);
			const { result, records } = captureAttention(() =>
				layer.apply(inputs.length === 1 ? (inputs[0] as tf.Tensor) : inputs),
			);
			const [output, map] = result as [tf.Tensor, tf.Tensor];
			expect([output.shape, map.shape]).toEqual([one.output, one.map]);
			const shapes = inputs.map(({ shape }) => [null, ...shape.slice(1)]);
			expect(layer.computeOutputShape(shapes)).toEqual(
				[output, map].map(({ shape }) => [null, ...shape.slice(1)]),
			);
			expect(records.map(({ layer: name, kind, axes }) => [name, kind, ...axes])).toEqual(
				one.records.map((record) => ["watch", ...record]),
			);
			const last = records.at(-1)?.weights as tf.Tensor;
			const isJoint = one.records.length === 2 && one.takesQuery;
			const sums = tf.sum(tf.reshape(isJoint ? map : last, [batch, -1]), 1);
			expectClose(isJoint ? tf.sum(map, [2, 3]) : last, isJoint ? last : map, { atol: 1e-6 });
			const total = one.name.startsWith("hard") ? 2 : one.name.includes("Self") ? map.size / batch : 1;
			const each = one.name.includes("Self") ? total / (one.map.at(-1) ?? 1) : total;
			const perFrame = one.name.includes("spatial alone") ? frames : each;
			expectClose(sums, [perFrame, perFrame], { atol: 1e-4 });
			disposeAttention(records);
			const names = ["x", "query"].slice(0, inputs.length);
			const run = (...given: tf.Tensor[]): tf.Tensor => apply(layer, given);
			if (!one.isEstimate) {
				expectGradientsMatch(run, inputs, { names, coordinates: 8 });
				expectWeightGradients(layer, () => run(...inputs));
			}
			layer.dispose();
		});
	});

	it.each(cases)("trains, saves and loads: $name", async (one) => {
		const data = inputsOf(one);
		const sizes = one.isVideo ? [frames, height, width, features] : [null, features];
		const inputs = [input({ shape: sizes }), ...(one.takesQuery ? [input({ shape: [querySize] })] : [])];
		const single = inputs.length === 1 ? (inputs[0] as SymbolicTensor) : inputs;
		const output = one.make({ name: "watch" }).apply(single) as SymbolicTensor;
		const network = model({ inputs, outputs: output });
		// Other losses of the host do not average over frames.
		const loss = (truth: tf.Tensor, said: tf.Tensor): tf.Tensor =>
			tf.mean(tf.square(tf.sub(tf.reshape(said, [batch, -1]), tf.reshape(truth, [batch, -1]))), 1);
		network.compile({ optimizer: tf.train.adam(0.02), loss });
		const target = randomTensor([...one.output], 9);
		const { history } = await network.fit(data, target, { epochs: 4, verbose: 0, shuffle: false });
		const losses = history.loss as number[];
		expect(losses.every(Number.isFinite)).toBe(true);
		if (!one.isEstimate) expect(losses.at(-1)).toBeLessThan(losses[0] as number);
		const copy = await saveAndLoad(network);
		expect(copy.countParams()).toBe(network.countParams());
		expect(copy.getLayer("watch").getConfig()).toEqual(network.getLayer("watch").getConfig());
		const [mine, theirs] = [network.predict(data), copy.predict(data)] as [tf.Tensor, tf.Tensor];
		expectClose(theirs, mine, { atol: 1e-6 });
		tf.dispose([data, target, mine, theirs]);
		network.dispose();
		copy.dispose();
	});

	it.each(cases)("does not see masked frames, NaN included, nor leave anything behind: $name", (one) => {
		const layer = one.make({ returnAttention: true });
		const inputs = inputsOf(one);
		const mask = frameMask();
		apply(layer, inputs).dispose();
		tf.tidy(() => {
			stirWeights(layer);
			const live = tf.reshape(mask, [batch, frames, ...shapeOf(one).slice(2).fill(1)]);
			const hidden = tf.tile(live, [1, 1, ...shapeOf(one).slice(2)]);
			const filled = (value: number): tf.Tensor =>
				tf.reshape(
					tf.where(
						tf.reshape(hidden, [-1]),
						tf.reshape(inputs[0] as tf.Tensor, [-1]),
						tf.fill([hidden.size], value),
					),
					shapeOf(one),
				);
			const run = (x: tf.Tensor): tf.Tensor => apply(layer, [x, ...inputs.slice(1), mask]);
			const spoilt = run(filled(Number.NaN));
			expect([...spoilt.dataSync()]).toEqual([...run(filled(3)).dataSync()]);
			const dead = tf.slice(spoilt, [1], [1]);
			expectClose(dead, new Array(dead.size).fill(0), { atol: 0 });
			if (one.output[1] === frames) {
				const lost = tf.reshape(run(tf.fill(shapeOf(one), Number.NaN)), [batch * frames, -1]);
				const blank = tf.where(tf.reshape(mask, [batch * frames, 1]), tf.zerosLike(lost), lost);
				expectClose(blank, new Array(blank.size).fill(0), { atol: 0 });
			}
			const gradient = tf.grad((x: tf.Tensor) => tf.sum(tf.square(run(x))))(filled(Number.NaN));
			const lost = tf.mul(gradient, tf.cast(tf.logicalNot(hidden), "float32"));
			expectClose(lost, new Array(lost.size).fill(0), { atol: 0 });
		});
		const single = inputs.length === 1 ? (inputs[0] as tf.Tensor) : inputs;
		tf.dispose(layer.apply(single) as tf.Tensor[]);
		expectNoLeak(() => layer.apply(single) as tf.Tensor[]);
		expectNoLeak(() => layer.call([...inputs, ...inputs], {}), { throws: true });
		const bare = one.make();
		apply(bare, inputs, true).dispose();
		expectNoLeak(() => apply(bare, inputs, true));
		tf.dispose([inputs, mask]);
		layer.dispose();
		bare.dispose();
	});

	it.each(cases)(
		"takes one video of one frame, one pixel, one feature, and says what is wrong: $name",
		(one) => {
			tf.tidy(() => {
				const [x, ...more] = inputsOf(one) as [tf.Tensor, ...tf.Tensor[]];
				const rest = more.map((query) => tf.slice(query, 0, 1));
				const small = shapeOf(one).map(() => 1);
				for (const shape of [[...small.slice(1), features], small, [1, frames, ...small.slice(2)]]) {
					const heads = one.name.includes("Self") ? { numHeads: 1 } : {};
					const output = apply(one.make(heads), [randomTensor(shape, 5), ...rest]);
					expect(output.shape[0]).toBe(1);
					expect([...output.dataSync()].every(Number.isFinite)).toBe(true);
				}
				const layer = one.make();
				apply(layer, [x, ...more]);
				const empty = tf.zeros([0, ...x.shape.slice(1)]);
				if (one.takesQuery) expect(() => layer.call([x], {})).toThrow(/1 inputs came; expected \[x, query\]/);
				const wrong: [RegExp, () => unknown][] = [
					[/x \[2, 3\] has rank 2; expected/, () => apply(one.make(), [tf.zeros([2, 3]), ...more])],
					[
						/does not match the weights of this layer/,
						() => layer.call([tf.concat([x, x], x.rank - 1), ...more], {}),
					],
					[/is empty/, () => layer.call([empty, ...more], {})],
					[/x is int32/, () => layer.call([tf.cast(x, "int32"), ...more], {})],
					[/mask .*frames 3\] does not match/, () => apply(layer, [x, ...more, tf.ones([batch, 3], "bool")])],
					[/unknown option `colour`/, () => one.make({ colour: 1 })],
				];
				for (const [message, run] of wrong) expect(run).toThrow(message);
			});
		},
	);
});
