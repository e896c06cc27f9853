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
import { MultiStepAttention } from "./multi-step-attention.ts";

const [batch, time, source, units, size] = [3, 2, 5, 4, 7];
const counts = [5, 2, 0];

type Rows = number[][][];

function make(more: object = {}): MultiStepAttention {
	const layer = new MultiStepAttention({ seed: 0, ...more });
	layer.buildFor(units, size);
	layer.setWeights(layer.getWeights().map((weight, i) => randomTensor(weight.shape, i + 1, 0.6)));
	return layer;
}

const shapes = [
	[batch, time, units],
	[batch, time, size],
	[batch, source, size],
	[batch, source, size],
];
const inputs = (): tf.Tensor[] => shapes.map((shape, i) => randomTensor(shape, i + 11, 0.7));
const mask = (): tf.Tensor2D =>
	tf.tensor2d(
		counts.map((count) => Array.from({ length: source }, (_, j) => j < count)),
		undefined,
		"bool",
	);

/** One step of one row in float64, from the formula. */
function reference(
	weights: unknown[],
	h: number[],
	g: number[],
	keys: number[][],
	values: number[][],
): { out: number[]; a: number[] } {
	const [w, b, wo, bo] = weights as [number[][], number[], number[][], number[]];
	const affine = (x: number[], kernel: number[][], bias: number[]): number[] =>
		bias.map((start, j) => x.reduce((sum, value, i) => sum + value * Number(kernel[i]?.[j]), start));
	const d = affine(h, w, b).map((value, i) => value + Number(g[i]));
	const exps = keys.map((key) => Math.exp(key.reduce((sum, value, i) => sum + value * Number(d[i]), 0)));
	const total = exps.reduce((sum, value) => sum + value, 0);
	const a = exps.map((value) => value / total);
	const context = g.map(
		(_, i) =>
			Math.sqrt(keys.length) * values.reduce((sum, value, j) => sum + Number(a[j]) * Number(value[i]), 0),
	);
	return { out: affine(context, wo, bo), a };
}

describeOnEveryBackend("multi-step attention", () => {
	it("computes Gehring's formula over the positions that count", () => {
		tf.tidy(() => {
			const layer = make({ returnAttention: true });
			const [output, weights] = layer.apply([...inputs(), mask()]) as [tf.Tensor3D, tf.Tensor3D];
			const [h, g, keys, values] = inputs().map((x) => x.arraySync()) as [Rows, Rows, Rows, Rows];
			const own = layer.getWeights().map((weight) => weight.arraySync());
			counts.forEach((count, row) => {
				for (let t = 0; t < time; t++) {
					const { out, a } = reference(
						own,
						h[row]?.[t] as number[],
						g[row]?.[t] as number[],
						(keys[row] as number[][]).slice(0, count),
						(values[row] as number[][]).slice(0, count),
					);
					const zeros = new Array(source - count).fill(0);
					expectClose((weights.arraySync()[row] as number[][])[t] as number[], [...a, ...zeros]);
					expectClose((output.arraySync()[row] as number[][])[t] as number[], out);
				}
			});
		});
	});

	it("has the gradients of its inputs and weights", () => {
		const layer = make();
		tf.tidy(() => {
			const run = (...all: tf.Tensor[]): tf.Tensor => layer.apply([...all, mask()]) as tf.Tensor;
			expectGradientsMatch(run, inputs(), { names: ["h", "g", "keys", "values"] });
			const variables = layer.weights.map((weight) => weight.read() as tf.Variable);
			const weigh = randomTensor([batch, time, units], 5);
			const loss = (): tf.Scalar => tf.tidy(() => tf.sum(tf.mul(run(...inputs()), weigh)));
			const { grads } = tf.variableGrads(loss, variables);
			for (const variable of variables) {
				const gradient = grads[variable.name] as tf.Tensor;
				const norm = Number(tf.norm(gradient).dataSync()[0]);
				expect(norm, variable.name).toBeGreaterThan(1e-2);
				const start = tf.clone(variable);
				const at = (shift: number): number => {
					variable.assign(tf.add(start, tf.mul(gradient, shift / norm)));
					return Number(loss().dataSync()[0]);
				};
				expectClose([(at(1e-2) - at(-1e-2)) / 2e-2 / norm], [1], { atol: 2e-2, label: variable.name });
				variable.assign(start);
			}
		});
	});

	it("does not see what is masked, to the bit, NaN neither, and records where it looked", () => {
		tf.tidy(() => {
			const layer = make();
			const [h, g, keys, values] = inputs() as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
			const counted = tf.tile(tf.expandDims(mask(), 2), [1, 1, size]);
			const run = (...all: tf.Tensor[]): tf.Tensor => layer.apply([...all, mask()]) as tf.Tensor;
			const answers = (past: number): tf.TypedArray[] => {
				const [k, v] = [keys, values].map((x) => tf.where(counted, x, tf.fill(x.shape, past)));
				const all = [h, g, k as tf.Tensor, v as tf.Tensor];
				return [run(...all), ...tf.grads((...x) => tf.sum(run(...x)))(all)].map((x) => x.dataSync());
			};
			const expected = answers(0);
			for (const past of [9, Number.NaN, Number.NEGATIVE_INFINITY]) expect(answers(past)).toEqual(expected);
			const { records } = captureAttention(() => run(h, g, keys, values));
			expect(records.map(({ kind, axes, weights }) => [kind, axes, weights.shape])).toEqual([
				["multiStepAttention", ["batch", "query", "key"], [batch, time, source]],
			]);
			disposeAttention(records);
		});
	});

	it("saves and loads inside a model", async () => {
		const symbols = shapes.map((shape) => tfl.input({ shape: shape.slice(1) }));
		const output = new MultiStepAttention({ name: "steps" }).apply(symbols) as tfl.SymbolicTensor;
		const model = tfl.model({ inputs: symbols, outputs: output });
		let artifacts: tf.io.ModelArtifacts | undefined;
		await model.save(
			tf.io.withSaveHandler(async (saved) => {
				artifacts = saved;
				return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: "JSON" } };
			}),
		);
		const copy = await tfl.loadLayersModel(tf.io.fromMemory(artifacts as tf.io.ModelArtifacts));
		const given = inputs();
		expectClose(copy.predict(given) as tf.Tensor, model.predict(given) as tf.Tensor, { atol: 0 });
		tf.dispose(given);
		model.dispose();
		copy.dispose();
	});

	it("leaves nothing behind, and says what is wrong", () => {
		const layer = make();
		const [given, seen] = [inputs(), mask()];
		expectNoLeak(() => layer.apply([...given, seen]) as tf.Tensor);
		expectNoLeak(() => layer.apply([...given].reverse()) as tf.Tensor, { throws: true });
		expect(() => layer.apply(given.slice(0, 3))).toThrow(/3 inputs came; expected \[h, g, keys, values\]/);
		const [h, g, keys] = given as [tf.Tensor, tf.Tensor, tf.Tensor];
		expect(() => layer.apply([h, g, keys, h])).toThrow(/values \[batch 3.*does not match keys/);
		expect(() => layer.apply([h, keys, keys, keys])).toThrow(/g \[batch 3, time 5.*expected time 2/);
		const whole = tf.cast(keys, "int32");
		expect(() => layer.apply([h, g, keys, whole])).toThrow(/values is int32; expected float32/);
		const nothing = tf.zeros([batch, 0, size]);
		expect(() => layer.apply([h, g, nothing, nothing])).toThrow(
			/keys .*is empty; expected at least source 1/,
		);
		const wide = [tf.concat([h, h], 2), ...[g, keys, keys].map((x) => tf.concat([x, x], 2))] as tf.Tensor[];
		expect(() => layer.apply([wide[0] as tf.Tensor, g, keys, keys])).toThrow(
			/h .* does not match the weights: expected units/,
		);
		expect(() => layer.apply([h, ...wide.slice(1)])).toThrow(
			/g .* does not match the weights: expected embeddingSize/,
		);
		tf.dispose([whole, nothing, ...wide]);
		expect(() => new MultiStepAttention({ units: 3 } as never)).toThrow(/unknown option `units`/);
		expect(() => new MultiStepAttention().attend(h as never, g as never, {} as never)).toThrow(
			/weights are not there yet/,
		);
		tf.dispose([...given, seen]);
	});
});
