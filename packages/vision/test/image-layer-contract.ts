import { captureAttention, disposeAttention } from "@heed/layers";
import { expectClose, expectGradientsMatch, expectNoLeak, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { input, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { expect, it } from "vitest";
import type { ImageAttention } from "../src/image-attention.ts";
import { expectWeightGradients } from "./expect-weight-gradients.ts";
import { stirWeights } from "./plain-layers.ts";
import { saveAndLoad } from "./save-and-load.ts";

/** The sizes of the contract: prime and different. */
const [batch, height, width, channels, querySize] = [2, 5, 3, 7, 4];
const fullShape = [batch, height, width, channels];

/** One layer with arguments, and what is expected of it. */
export interface ImageLayerCase {
	readonly name: string;
	readonly make: (more?: object) => ImageAttention;
	readonly kind: "channel" | "spatial" | "element" | "pairwise" | "branch";
	/** Of `pairwise` and `branch` layers: the sizes of the map after the batch, by their axes. */
	readonly map?: Readonly<Record<string, number>>;
	readonly takesQuery?: boolean;
	/** Default true. */
	readonly takesMask?: boolean;
	/** One row of channels per image comes out, not an image. */
	readonly reduces?: boolean;
	/** Its training gradient is an estimate, or not that of its output. */
	readonly isEstimate?: boolean;
	/** It learns by other means than `fit`. */
	readonly refusesFit?: boolean;
	/** It needs to know the size of its images. */
	readonly fixedSize?: boolean;
	/** A single channel is too few for it: what it says then. */
	readonly refusesOneChannel?: RegExp;
	/** The kinds of the records before that of its map, with their axes after the batch. */
	readonly parts?: Readonly<Record<string, readonly string[]>>;
	/** Where to compare gradients with finite differences, for a layer with many kinks: far from them, or by small steps. */
	readonly gradientAt?: {
		readonly seed: number;
		readonly step?: number;
		readonly weightStep?: number;
		readonly tolerance?: number;
	};
	/** Rows of the map do not sum to anything; else what they sum to. */
	readonly sum?: number;
}

const mapShapes: Readonly<Record<string, readonly number[]>> = {
	channel: [batch, channels],
	spatial: [batch, height, width],
	element: fullShape,
};
const mapAxes: Readonly<Record<string, readonly string[]>> = {
	channel: ["batch", "channel"],
	spatial: ["batch", "height", "width"],
	element: ["batch", "height", "width", "channel"],
};

const image = (shape: number[] = fullShape, seed = 3): tf.Tensor4D =>
	randomTensor(shape as [number, number, number, number], seed);
const question = (rows = batch): tf.Tensor2D => randomTensor([rows, querySize], 4);
const others = ({ takesQuery }: ImageLayerCase, rows = batch): tf.Tensor[] =>
	takesQuery ? [question(rows)] : [];

/** The first image has holes, the second no pixel that counts. */
function pixelMask(dead: boolean): tf.Tensor3D {
	const values = Array.from({ length: batch * height * width }, (_, i) =>
		i < height * width ? i % 4 !== 1 : !dead,
	);
	return tf.tensor3d(values.map(Number), [batch, height, width], "bool");
}

function applyTo(layer: ImageAttention, inputs: tf.Tensor[], training = false): tf.Tensor {
	const result = layer.apply(inputs.length === 1 ? (inputs[0] as tf.Tensor) : inputs, { training });
	return [result].flat()[0] as tf.Tensor;
}

/** Declares the tests that every layer on images passes. */
export function describeImageLayers(cases: readonly ImageLayerCase[]): void {
	it.each(cases)("returns and records its map: $name", (one) => {
		tf.tidy(() => {
			const layer = one.make({ returnAttention: true });
			const inputs = [image(), ...others(one)];
			const { result, records } = captureAttention(() =>
				layer.apply(inputs.length > 1 ? inputs : (inputs[0] as tf.Tensor)),
			);
			const [output, map] = result as [tf.Tensor, tf.Tensor];
			expect(output.shape).toEqual(one.reduces ? [batch, channels] : fullShape);
			expect(map.shape).toEqual(mapShapes[one.kind] ?? [batch, ...Object.values(one.map ?? {})]);
			const symbolic = layer.computeOutputShape(inputs.map(({ shape }) => [null, ...shape.slice(1)]));
			expect(symbolic).toEqual([output, map].map(({ shape }) => [null, ...shape.slice(1)]));
			expect(records.map(({ layer: name, kind, axes }) => ({ name, kind, axes }))).toEqual([
				...Object.entries(one.parts ?? {}).map(([kind, axes]) => ({
					name: layer.name,
					kind,
					axes: ["batch", ...axes],
				})),
				{
					name: layer.name,
					kind: one.kind,
					axes: mapAxes[one.kind] ?? ["batch", ...Object.keys(one.map ?? {})],
				},
			]);
			expect(records.every(({ axes, weights }) => axes.length === weights.rank)).toBe(true);
			expect(records.at(-1)?.meta).toEqual({
				mechanism: layer.getClassName().replace(/^Heed(.)/, (_, c) => c.toLowerCase()),
			});
			expectClose(records.at(-1)?.weights as tf.Tensor, map, { atol: 0 });
			const sums = tf.sum(tf.reshape(map, [batch, -1]), 1);
			if (one.sum !== undefined) expectClose(sums, [one.sum, one.sum]);
			disposeAttention(records);
			layer.dispose();
		});
	});

	it.each(cases.filter(({ isEstimate }) => !isEstimate))("has the right gradients: $name", (one) => {
		tf.tidy(() => {
			const layer = one.make();
			const { seed, step = 0.01, tolerance = 2e-3, weightStep = 0.001 } = one.gradientAt ?? {};
			const inputs = [image(fullShape, seed), ...others(one)];
			applyTo(layer, inputs);
			stirWeights(layer);
			for (const training of [false, true]) {
				if (training && layer.nonTrainableWeights.length === 0) continue; // the same again
				const names = ["x", "query"].slice(0, inputs.length);
				expectGradientsMatch((...given) => applyTo(layer, given, training), inputs, {
					names,
					coordinates: 8,
					step,
					tolerance,
				});
				if (layer.trainableWeights.length === 0) continue;
				const options = { step: weightStep, tolerance: 10 * tolerance };
				expectWeightGradients(layer, () => applyTo(layer, inputs, training), options);
			}
			layer.dispose();
		});
	});

	it.each(cases.filter(({ refusesFit }) => !refusesFit))("trains, saves and loads: $name", async (one) => {
		const size = one.fixedSize ? [height, width] : [null, null];
		const x = input({ shape: [...size, channels] });
		const inputs = one.takesQuery ? [x, input({ shape: [querySize] })] : x;
		const output = one.make({ name: "attention" }).apply(inputs) as SymbolicTensor;
		const built = model({ inputs, outputs: output });
		const data = one.takesQuery ? [image(), question()] : image();
		const shape = one.reduces ? [batch, channels] : fullShape;
		const target = tf.tidy(() =>
			one.reduces ? randomTensor(shape, 9) : tf.mul(image(), tf.abs(randomTensor([1, 1, 1, channels], 9))),
		);
		built.compile({ optimizer: tf.train.adam(0.02), loss: "meanSquaredError" });
		const { history } = await built.fit(data, target, { epochs: 4, verbose: 0, shuffle: false });
		const losses = history.loss as number[];
		expect(losses.every(Number.isFinite)).toBe(true);
		if (!one.isEstimate) expect(losses.at(-1)).toBeLessThan(losses[0] as number);
		const copy = await saveAndLoad(built);
		expect(copy.countParams()).toBe(built.countParams());
		expect(copy.getLayer("attention").getConfig()).toEqual(built.getLayer("attention").getConfig());
		expectClose(copy.predict(data) as tf.Tensor, built.predict(data) as tf.Tensor, { atol: 1e-6 });
		built.dispose();
		copy.dispose();
	});

	const small = [
		[1, 1, 1, 1],
		[1, 4, 1, channels],
		[3, 2, 5, 1],
	];
	it.each(cases)("takes one pixel, one channel, one image: $name", (one) => {
		tf.tidy(() => {
			for (const shape of small) {
				const layer = one.make();
				const x = image(shape);
				if (shape[3] === 1 && one.refusesOneChannel !== undefined) {
					expect(() => applyTo(layer, [x, ...others(one, shape[0])])).toThrow(one.refusesOneChannel);
					continue;
				}
				for (const training of one.refusesFit ? [false] : [false, true]) {
					const output = applyTo(layer, [x, ...others(one, shape[0])], training);
					expect(output.shape).toEqual(one.reduces ? [shape[0], shape[3]] : shape);
					expect([...output.dataSync()].every(Number.isFinite)).toBe(true);
				}
				layer.dispose();
			}
		});
	});

	it.each(cases.filter(({ takesMask = true }) => takesMask))(
		"does not see masked pixels, NaN included: $name",
		(one) => {
			tf.tidy(() => {
				const layer = one.make();
				const run = (x: tf.Tensor, dead = false): tf.Tensor =>
					applyTo(layer, [x, ...others(one), pixelMask(dead)]);
				run(image());
				stirWeights(layer);
				const hidden = tf.expandDims(tf.logicalNot(pixelMask(true)), 3);
				const spoilt = tf.where(hidden, tf.fill(fullShape, Number.NaN), image());
				const clean = tf.where(hidden, tf.fill(fullShape, 7), image());
				const [one1, two] = [run(clean, true), run(spoilt, true)];
				expect([...two.dataSync()]).toEqual([...one1.dataSync()]);
				const dead = tf.slice(two, [1], [1]);
				expectClose(dead, new Array(dead.size).fill(0), { atol: 0 });
				if (!one.reduces) {
					const hiddenValues = tf.mul(two, tf.cast(hidden, "float32"));
					expectClose(hiddenValues, new Array(hiddenValues.size).fill(0), { atol: 0 });
				}
				if (!one.reduces) {
					const first = tf.reshape(tf.equal(tf.range(0, height * width), 0), [1, height, width, 1]);
					const beside = run(tf.where(first, tf.fill(fullShape, Number.NaN), clean), true); // where it counts
					const blank = tf.where(hidden, beside, tf.zerosLike(beside));
					expectClose(blank, new Array(blank.size).fill(0), { atol: 0 });
				}
				const gradient = tf.grad((x: tf.Tensor) => tf.sum(tf.square(run(x, true))))(spoilt);
				const lost = tf.mul(gradient, tf.cast(hidden, "float32"));
				expectClose(lost, new Array(lost.size).fill(0), { atol: 0 });
				layer.dispose();
			});
		},
	);

	it.each(cases)("leaves nothing behind: $name", (one) => {
		const layer = one.make({ returnAttention: true });
		const inputs = [image(), ...others(one)];
		const [x] = inputs as [tf.Tensor4D];
		const all = (given: tf.Tensor): tf.Tensor[] => layer.apply([given, ...inputs.slice(1)]) as tf.Tensor[];
		tf.dispose(all(x));
		expectNoLeak(() => all(x));
		expectNoLeak(() => tf.grad((y) => tf.sum(all(y)[0] as tf.Tensor))(x));
		const bare = one.make();
		const run = (): tf.Tensor => applyTo(bare, inputs, !one.refusesFit);
		run().dispose();
		expectNoLeak(run);
		expectNoLeak(() => layer.call([x, x, x], {}), { throws: true });
		tf.dispose(inputs);
		layer.dispose();
		bare.dispose();
	});

	it.each(cases)("says what is wrong: $name", (one) => {
		tf.tidy(() => {
			const layer = one.make();
			const more = others(one);
			expect(() => one.make().apply([tf.zeros([2, 5, 7]), ...more])).toThrow(
				/: x \[2, 5, 7\] has rank 3; expected rank 4: \[batch, height, width, channels\]/,
			);
			applyTo(layer, [image(), ...more]);
			expect(() => layer.call([tf.zeros([0, height, width, channels]), ...more], {})).toThrow(
				/x \[batch 0.*is empty/,
			);
			expect(() => layer.call([tf.zeros([batch, height, width, 4]), ...more], {})).toThrow(
				/x .*channels 4\] does not match the weights of this layer: expected channels 7/,
			);
			expect(() => layer.call([tf.zeros(fullShape, "int32"), ...more], {})).toThrow(
				/x is int32; expected float32/,
			);
			expect(() => layer.call([image(), ...more, image()], {})).toThrow(/inputs came; expected/);
			const mask = pixelMask(true);
			const wrong = one.takesMask === false ? mask : tf.ones([batch, height, 9], "bool");
			expect(() => layer.apply([image(), ...more, wrong])).toThrow(
				one.takesMask === false
					? /a mask came, which this layer does not take/
					: /mask .*width 9\] does not match/,
			);
			expect(() => one.make({ colour: 1 })).toThrow(/unknown option `colour`/);
			layer.dispose();
		});
	});
}
