import { HeedError } from "@heed/core";
import { assignWeights, Parameters } from "@heed/layers";
import { describeOnEveryBackend, expectClose, expectNoLeak, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { layers } from "@tensorflow/tfjs-layers";
import { describe, expect, it } from "vitest";
import { gruFromKeras, type KerasRecurrentWeights, lstmFromKeras } from "./from-keras.ts";
import { gruFromTorch, lstmFromTorch } from "./from-torch.ts";
import { GruCell } from "./gru-cell.ts";
import { LstmCell } from "./lstm-cell.ts";

const [batch, time, inputSize, units] = [2, 5, 3, 4];
const random = (shape: number[], seed: number): tf.Tensor => randomTensor(shape, seed, 0.5);

/** Keras' `GRUCell` with `reset_after`, from its documentation, on plain numbers: the last state. */
function kerasGru(
	x: number[][][],
	{ kernel, recurrent_kernel, bias }: Record<string, number[][]>,
): number[][] {
	const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));
	const times = (row: number[], matrix: number[][], plus: number[]): number[] =>
		plus.map((start, j) => row.reduce((sum, value, i) => sum + value * (matrix[i]?.[j] as number), start));
	return x.map((steps) =>
		steps.reduce<number[]>((h, step) => {
			const given = times(step, kernel as number[][], bias?.[0] as number[]);
			const inner = times(h, recurrent_kernel as number[][], bias?.[1] as number[]);
			return h.map((old, u) => {
				const at = (row: number[], gate: number): number => row[gate * units + u] as number;
				const z = sigmoid(at(given, 0) + at(inner, 0));
				const r = sigmoid(at(given, 1) + at(inner, 1));
				return z * old + (1 - z) * Math.tanh(at(given, 2) + r * at(inner, 2));
			});
		}, new Array(units).fill(0)),
	);
}

describeOnEveryBackend("weights of Keras", () => {
	it("gruFromKeras: with reset_after, against the formula", () => {
		const weights = {
			kernel: random([inputSize, 3 * units], 1) as tf.Tensor2D,
			recurrent_kernel: random([units, 3 * units], 2) as tf.Tensor2D,
			bias: random([2, 3 * units], 3),
		};
		const x = random([batch, time, inputSize], 4) as tf.Tensor3D;
		const plain = Object.fromEntries(
			Object.entries(weights).map(([name, value]) => [name, value.arraySync() as number[][]]),
		);
		const cell = new GruCell(new Parameters(), { inputSize, units });
		tf.tidy(() => assignWeights(cell.weights, { ...gruFromKeras(weights) }));
		tf.tidy(() => {
			const { state } = cell.sequence(tf.transpose(x, [1, 0, 2]), cell.zeroState(batch));
			expectClose(state[0] as tf.Tensor, tf.tensor(kerasGru(x.arraySync(), plain)), { atol: 1e-6 });
		});
	});

	it.each(["gru", "lstm"] as const)("the host's own %s layer computes the same", (kind) => {
		tf.tidy(() => {
			const recurrentInitializer = "glorotUniform" as const; // the default calls chained methods, which are not loaded here
			const args = { units, recurrentActivation: "sigmoid" as const, recurrentInitializer };
			const host = kind === "gru" ? layers.gru(args) : layers.lstm(args);
			const x = random([batch, time, inputSize], 5) as tf.Tensor3D;
			const gates = kind === "gru" ? 3 : 4;
			host.apply(x);
			const values = {
				kernel: random([inputSize, gates * units], 6) as tf.Tensor2D,
				recurrent_kernel: random([units, gates * units], 7) as tf.Tensor2D,
				bias: random([gates * units], 8),
			};
			host.setWeights([values.kernel, values.recurrent_kernel, values.bias]);
			const parameters = new Parameters();
			const cell =
				kind === "gru"
					? new GruCell(parameters, { inputSize, units, resetAfter: false })
					: new LstmCell(parameters, { inputSize, units });
			const converted = kind === "gru" ? gruFromKeras(values, { resetAfter: false }) : lstmFromKeras(values);
			assignWeights(cell.weights, { ...converted });
			const { state } = cell.sequence(tf.transpose(x, [1, 0, 2]), cell.zeroState(batch));
			expectClose(state[0] as tf.Tensor, host.apply(x) as tf.Tensor, { atol: 1e-6 });
		});
	});
});

describe("what does not fit", () => {
	const weights = (shape: number[]): KerasRecurrentWeights => ({
		kernel: tf.zeros([inputSize, 3 * units]),
		recurrent_kernel: tf.zeros([units, 3 * units]),
		bias: tf.zeros(shape),
	});

	it("names the other form of the GRU", () => {
		tf.tidy(() => {
			const oneRow = weights([3 * units]);
			expectNoLeak(() => gruFromKeras(oneRow), { throws: true });
			expect(() => gruFromKeras(oneRow)).toThrow(
				"gruFromKeras: bias [12] is that of a GRU with `reset_after=false`. Pass { resetAfter: false }, and make the cell so.",
			);
			expect(() => gruFromKeras(weights([2, 3 * units]), { resetAfter: false })).toThrow(
				"bias [2, 12] is that of a GRU with `reset_after=true`",
			);
		});
	});

	it.each([
		["gruFromKeras", gruFromKeras, "recurrent_kernel"],
		["lstmFromKeras", lstmFromKeras, "recurrent_kernel"],
		["gruFromTorch", gruFromTorch, "weight_hh"],
		["lstmFromTorch", lstmFromTorch, "weight_hh"],
	] as const)("%s: names what is missing, and what it would not read", (name, convert, first) => {
		const run = convert as unknown as (weights: unknown, options?: unknown) => object;
		const tell = (message: string, ...given: [unknown, unknown?]): void => {
			expect(() => run(...given)).toThrow(`${name}: ${message}`);
			expect(() => run(...given)).toThrow(HeedError);
		};
		tell(`\`${first}\` is undefined; expected a tensor`, {});
		tell("the weights are undefined; expected an object with", undefined);
		tell("`kernal` came and would not be read; expected", { kernal: 1 });
		if (name !== "gruFromKeras") return;
		tell("unknown option `reset_after`", {}, { reset_after: true });
		tell("`resetAfter` is 1; expected true or false", {}, { resetAfter: 1 });
	});

	it("refuses kernels of other gates, and has zeros where there is no bias", () => {
		tf.tidy(() => {
			expect(() => lstmFromKeras(weights([12]))).toThrow(
				"4 gates of 4 units, from the rows of recurrent_kernel",
			);
			const { bias: _, ...kernels } = weights([12]);
			expectClose(gruFromKeras(kernels).recurrentBias as tf.Tensor, tf.zeros([12]));
		});
	});
});
