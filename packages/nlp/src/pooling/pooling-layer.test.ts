import { HeedError } from "@heed/core";
import { captureAttention, disposeAttention, Parameters } from "@heed/layers";
import { describeOnEveryBackend, expectClose, expectNoLeak, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { expect, it } from "vitest";
import { ContextPooling } from "./context-pooling.ts";
import type { PoolingLayer } from "./pooling-layer.ts";
import { StaticAttention } from "./static-attention.ts";
import { StructuredSelfAttention } from "./structured-self-attention.ts";

const [batch, length, features, querySize, units, hops] = [3, 5, 4, 2, 7, 3];

const sequence = (): tf.Tensor3D => randomTensor<tf.Rank.R3>([batch, length, features], 1);
const question = (): tf.Tensor2D => randomTensor<tf.Rank.R2>([batch, querySize], 2);
const mask = (counts = [5, 2, 0]): tf.Tensor2D =>
	tf.tensor2d(
		counts.map((count) => Array.from({ length }, (_, j) => j < count)),
		undefined,
		"bool",
	);

interface Kind {
	readonly name: string;
	readonly make: (more?: object) => PoolingLayer;
	/** The inputs behind the sequence. */
	readonly others: () => tf.Tensor[];
	readonly outputShape: number[];
	readonly weightsShape: number[];
	readonly axes: string[];
}

const kinds: Kind[] = [
	{
		name: "contextPooling",
		make: (more) => new ContextPooling({ units, seed: 0, ...more }),
		others: () => [],
		outputShape: [batch, features],
		weightsShape: [batch, length],
		axes: ["batch", "key"],
	},
	{
		name: "staticAttention",
		make: (more) => new StaticAttention({ units, seed: 0, ...more }),
		others: () => [question()],
		outputShape: [batch, features],
		weightsShape: [batch, length],
		axes: ["batch", "key"],
	},
	{
		name: "structuredSelfAttention",
		make: (more) => new StructuredSelfAttention({ units, hops, seed: 0, ...more }),
		others: () => [],
		outputShape: [batch, hops, features],
		weightsShape: [batch, hops, length],
		axes: ["batch", "hop", "key"],
	},
];

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

describeOnEveryBackend("a layer that pools", () => {
	it.each(kinds)("does not see what does not count, not even NaN: $name", ({ make, others }) => {
		tf.tidy(() => {
			const layer = make();
			const run = (x: tf.Tensor): tf.Tensor => layer.apply([x, ...others(), mask([5, 2, 1])]) as tf.Tensor;
			const hidden = tf.reshape(tf.logicalNot(mask([5, 2, 1])), [batch, length, 1]);
			const spoilt = tf.where(hidden, tf.fill([batch, length, features], Number.NaN), sequence());
			const [one, two] = [run(sequence()), run(spoilt)];
			expect([...two.dataSync()]).toEqual([...one.dataSync()]);
			const gradient = tf.grad((x: tf.Tensor) => tf.sum(run(x)))(spoilt);
			expectClose(tf.slice(gradient, [2, 1, 0], [1, -1, -1]), new Array((length - 1) * features).fill(0));
			expect([...gradient.dataSync()].every(Number.isFinite)).toBe(true);
			layer.dispose();
		});
	});

	it.each(kinds)("gives zeros, with zero gradients, where nothing counts: $name", ({ make, others }) => {
		tf.tidy(() => {
			const layer = make({ returnAttention: true });
			const run = (x: tf.Tensor): tf.Tensor[] => layer.apply([x, ...others(), mask()]) as tf.Tensor[];
			for (const part of run(sequence())) {
				const row = tf.slice(part, [2], [1]);
				expectClose(row, new Array(row.size).fill(0), { atol: 0 });
			}
			const gradient = tf.grad((x: tf.Tensor) => tf.sum(run(x)[0] as tf.Tensor))(sequence());
			expectClose(tf.slice(gradient, [2], [1]), new Array(length * features).fill(0), { atol: 0 });
			layer.dispose();
		});
	});

	it.each(kinds)("returns and records its weights, which sum to 1: $name", (kind) => {
		tf.tidy(() => {
			const layer = kind.make({ returnAttention: true });
			const inputs = [sequence(), ...kind.others()];
			const { result, records } = captureAttention(() => layer.apply(inputs) as tf.Tensor[]);
			const [output, weights] = result as [tf.Tensor, tf.Tensor];
			expect([output.shape, weights.shape]).toEqual([kind.outputShape, kind.weightsShape]);
			const sums = tf.sum(weights, -1);
			expectClose(sums, new Array(sums.size).fill(1));
			expect(records.map(({ layer: name, kind: word, axes }) => [name, word, axes])).toEqual([
				[layer.name, kind.name, kind.axes],
			]);
			expectClose(records[0]?.weights as tf.Tensor, weights, { atol: 0 });
			disposeAttention(records);
			layer.dispose();
		});
	});

	it.each(kinds)("trains, saves and loads inside a model: $name", async ({ make, others, outputShape }) => {
		const masked = tfl.input({ shape: [length], dtype: "bool", name: "mask" });
		const x = tfl.input({ shape: [length, features] });
		const more = others().map((other) => tfl.input({ shape: other.shape.slice(1) }));
		const inputs = [x, ...more, masked];
		const output = make({ name: "pool" }).apply(inputs) as tfl.SymbolicTensor;
		expect(output.shape).toEqual([null, ...outputShape.slice(1)]);
		const model = tfl.model({ inputs, outputs: output });
		const data = [sequence(), ...others(), mask()];
		const target = randomTensor(outputShape, 7, 0.3);
		model.compile({ optimizer: tf.train.adam(0.02), loss: "meanSquaredError" });
		const history = await model.fit(data, target, { epochs: 6, verbose: 0, shuffle: false });
		const losses = history.history.loss as number[];
		expect(losses.at(-1)).toBeLessThan(losses[0] as number);
		const copy = await saveAndLoad(model);
		expectClose(copy.predict(data) as tf.Tensor, model.predict(data) as tf.Tensor, { atol: 1e-6 });
		model.dispose();
		copy.dispose();
	});

	it("takes the mask of an embedding in front of it", () => {
		const ids = tfl.input({ shape: [length], dtype: "int32" });
		const embedded = tfl.layers.embedding({ inputDim: 6, outputDim: features, maskZero: true }).apply(ids);
		const pooled = new ContextPooling({ returnAttention: true }).apply(embedded) as tfl.SymbolicTensor[];
		const model = tfl.model({ inputs: ids, outputs: pooled });
		tf.tidy(() => {
			const [, weights] = model.predict(tf.tensor2d([[3, 4, 0, 0, 0]], undefined, "int32")) as tf.Tensor[];
			const values = [...(weights as tf.Tensor).dataSync()];
			expect(values.slice(2)).toEqual([0, 0, 0]);
			expectClose([Number(values[0]) + Number(values[1])], [1]);
		});
		model.dispose();
	});

	it.each(kinds)("gives its weights to a model, from a seed: $name", ({ make, others }) => {
		const parameters = new Parameters();
		const [layer, same, other] = [make(), make(), make({ seed: 1 })];
		const sizes = [sequence(), ...others()].map(({ shape }) => [
			...shape.slice(0, -1),
			shape.at(-1) as number,
		]);
		for (const one of [layer, same, other]) one.build(sizes);
		layer.register(parameters.scope("pooling"));
		const names = [...parameters.variables.keys()];
		expect(names.length).toBe(layer.weights.length);
		expect(names.every((name) => name.startsWith("pooling/"))).toBe(true);
		layer.getWeights().forEach((weight, i) => {
			expectClose(weight, same.getWeights()[i] as tf.Tensor, { atol: 0 });
		});
		expect(layer.getWeights()[0]?.dataSync()).not.toEqual(other.getWeights()[0]?.dataSync());
		parameters.dispose();
	});

	it.each(kinds)("leaves nothing behind: $name", ({ make, others }) => {
		const layer = make({ returnAttention: true });
		const [x, seen, more] = [sequence(), mask(), others()];
		tf.dispose(layer.apply([x, ...more, seen]) as tf.Tensor[]);
		expectNoLeak(() => layer.apply([x, ...more, seen]) as tf.Tensor[]);
		expectNoLeak(() => tf.grad((y) => tf.sum((layer.apply([y, ...more]) as tf.Tensor[])[0] as tf.Tensor))(x));
		expectNoLeak(() => layer.call([x, ...more, x]), { throws: true });
		tf.dispose([x, seen, ...more]);
		layer.dispose();
	});

	it.each(kinds)("names the sizes that its weights are made for: $name", ({ name, make, others }) => {
		tf.tidy(() => {
			const layer = make();
			const sound = [sequence(), ...others()];
			layer.apply(sound);
			sound.forEach(({ shape }, at) => {
				const size = shape.at(-1) as number;
				const given = sound.map((x, i) => (i === at ? tf.ones([...shape.slice(0, -1), size + 1]) : x));
				const call = (): tf.Tensor => layer.apply(given) as tf.Tensor;
				expect(call).toThrow(
					`does not match the weights: expected ${at === 0 ? "features" : "querySize"} ${size}`,
				);
				expect(call).toThrow(expect.objectContaining({ code: "SHAPE", where: name }));
				expectNoLeak(call, { throws: true });
			});
			layer.dispose();
		});
	});

	it("says what is wrong", () => {
		const layer = new ContextPooling({ units });
		tf.tidy(() => {
			expect(() => layer.attend(sequence())).toThrow(/weights are not there yet/);
			layer.buildFor(features);
			expect(() => layer.attend(question() as never)).toThrow(
				/contextPooling.attend: x \[3, 2\] has rank 2; expected rank 3: \[batch, length, features\]/,
			);
			expect(() => layer.attend(sequence(), tf.ones([2, length], "bool"))).toThrow(
				/mask \[batch 2, length 5\] does not match x: expected batch 3/,
			);
			expect(() => layer.attend(sequence(), tf.ones([batch, length]))).toThrow(
				/mask is float32; expected bool/,
			);
			expect(() => layer.attend(tf.zeros([0, length, features]))).toThrow(/x \[batch 0, .*is empty/);
			expect(() => layer.attend(tf.zeros([batch, 0, features]))).toThrow(/x .*length 0.*is empty/);
			const asked = new StaticAttention({ units });
			for (const given of [sequence(), [sequence(), question(), question()]]) {
				expect(() => asked.apply(given)).toThrow(
					/staticAttention: [13] inputs? came that (is|are) no mask; expected \[x, query\], and after them a mask of type bool/,
				);
			}
			asked.buildFor(features, querySize);
			expect(() => asked.attend(sequence(), tf.zeros([2, querySize]))).toThrow(
				/query \[batch 2.*expected batch 3/,
			);
		});
		expect(() => new ContextPooling({ units: 0 })).toThrow(HeedError);
		expect(() => new StaticAttention({} as never)).toThrow(/staticAttention: `units` is undefined/);
		expect(() => new StructuredSelfAttention({ hops: 1.5 })).toThrow(
			/`hops` is 1.5; expected a whole number/,
		);
		expect(() => new StructuredSelfAttention({ penalty: 1 } as never)).toThrow(/unknown option `penalty`/);
	});
});
