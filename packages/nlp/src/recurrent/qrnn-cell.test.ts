import { Parameters } from "@heed/layers";
import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { QrnnCell } from "./qrnn-cell.ts";
import type { RecurrentState } from "./recurrent-cell.ts";
import { liveSteps } from "./recurrent-encoder.ts";

const [time, batch, inputSize, units] = [5, 3, 2, 7];
const kernels = [1, 2, 3];

function make(kernelSize: number): QrnnCell {
	const parameters = new Parameters({ seed: 3 });
	const cell = new QrnnCell(parameters, { inputSize, units, kernelSize });
	let seed = 10;
	for (const variable of parameters.variables.values()) {
		variable.assign(tf.tidy(() => randomTensor(variable.shape, seed++, 0.7)));
	}
	return cell;
}

const inputs = (): tf.Tensor3D => randomTensor<tf.Rank.R3>([time, batch, inputSize], 1);
const state = (cell: QrnnCell): RecurrentState =>
	[units, units, cell.windowSize]
		.slice(0, cell.stateSize)
		.map((size, i) => randomTensor<tf.Rank.R2>([batch, size], 2 + i));

/** Every `h` and the last `c` of one row, in float64, from the formulas of the paper. */
function reference(
	cell: QrnnCell,
	xs: number[][],
	c0: number[],
	window: number[],
): { h: number[][]; c: number[] } {
	const kernel = cell.weights.kernel.arraySync();
	const bias = cell.weights.bias.arraySync();
	const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));
	let [seen, c] = [[...window], [...c0]];
	const h = xs.map((x) => {
		const all = [...seen, ...x];
		const gate = (i: number): number =>
			all.reduce((sum, value, row) => sum + value * Number(kernel[row]?.[i]), Number(bias[i]));
		c = c.map((old, u) => {
			const f = sigmoid(gate(units + u));
			return f * old + (1 - f) * Math.tanh(gate(u));
		});
		seen = all.slice(inputSize);
		return c.map((value, u) => sigmoid(gate(2 * units + u)) * value);
	});
	return { h, c };
}

describeOnEveryBackend("the QRNN cell", () => {
	it.each(kernels)("computes the formulas of the paper, with a kernel of %i", (kernelSize) => {
		const cell = make(kernelSize);
		tf.tidy(() => {
			const start = state(cell);
			const { outputs, state: last } = cell.sequence(inputs(), start);
			for (let row = 0; row < batch; row++) {
				const xs = inputs()
					.arraySync()
					.map((step) => step[row] as number[]);
				const at = (i: number): number[] => (start[i]?.arraySync() as number[][] | undefined)?.[row] ?? [];
				const { h, c } = reference(cell, xs, at(1), at(2));
				const column = outputs.arraySync().map((step) => step[row] as number[]);
				expectClose(column.flat(), h.flat());
				expectClose(last[0]?.arraySync()[row] as number[], h[time - 1] as number[]);
				expectClose(last[1]?.arraySync()[row] as number[], c);
			}
		});
	});

	it.each(kernels)("gives the same step by step, in both directions, with a kernel of %i", (kernelSize) => {
		const cell = make(kernelSize);
		tf.tidy(() => {
			for (const reverse of [false, true]) {
				const { outputs, state: last } = cell.sequence(inputs(), state(cell), { reverse });
				let current = state(cell);
				const order = [0, 1, 2, 3, 4];
				for (const t of reverse ? order.reverse() : order) {
					current = cell.step(tf.unstack(inputs())[t] as tf.Tensor2D, current);
					expectClose(tf.unstack(outputs)[t] as tf.Tensor, current[0] as tf.Tensor, { atol: 1e-6 });
				}
				expect(last.length).toBe(cell.stateSize);
				last.forEach((part, i) => {
					expectClose(part, current[i] as tf.Tensor, { atol: 1e-6 });
				});
			}
		});
	});

	it.each(kernels)("does not see padding, in both directions, with a kernel of %i", (kernelSize) => {
		const cell = make(kernelSize);
		tf.tidy(() => {
			const live = liveSteps(tf.tensor1d([2, 5, 0], "int32"), time);
			const noise = tf.mul(tf.reshape(tf.sub(1, live), [time, batch, 1]), 9) as tf.Tensor3D;
			for (const reverse of [false, true]) {
				const { outputs, state: last } = cell.sequence(inputs(), state(cell), { live, reverse });
				const spoilt = cell.sequence(tf.add(inputs(), noise), state(cell), { live, reverse });
				expect([...spoilt.outputs.dataSync()]).toEqual([...outputs.dataSync()]);
				expectClose(tf.slice(outputs, [2, 0, 0], [3, 1, -1]), new Array(3 * units).fill(0), { atol: 0 });
				const alone = cell.sequence(
					tf.slice(inputs(), [0, 0, 0], [2, 1, -1]),
					state(cell).map((all) => tf.slice(all, [0, 0], [1, -1])),
					{ reverse },
				);
				expectClose(tf.slice(outputs, [0, 0, 0], [2, 1, -1]), alone.outputs, { atol: 1e-6 });
				last.forEach((part, i) => {
					const rows = (x: tf.Tensor | undefined, row: number): number[] => [
						...tf.slice(x as tf.Tensor, [row, 0], [1, -1]).dataSync(),
					];
					expect(rows(spoilt.state[i], 0)).toEqual(rows(part, 0));
					expect(rows(part, 2)).toEqual(rows(state(cell)[i], 2)); // a row of length 0, to the bit
					expectClose(rows(part, 0), rows(alone.state[i], 0), { atol: 1e-6 });
				});
			}
		});
	});

	it("skips a step that does not count in the middle too", () => {
		const cell = make(3);
		tf.tidy(() => {
			const live = tf.tensor2d([
				[1, 1, 1],
				[0, 1, 0],
				[1, 1, 0],
				[1, 1, 1],
				[1, 1, 1],
			]);
			const { outputs, state: last } = cell.sequence(inputs(), state(cell), { live });
			const others = tf.concat([tf.slice(inputs(), 0, 1), tf.slice(inputs(), 2, 3)], 0) as tf.Tensor3D;
			const without = cell.sequence(others, state(cell));
			expectClose(tf.slice(outputs, [4, 0, 0], [1, 1, -1]), tf.slice(without.outputs, [3, 0, 0], [1, 1, -1]));
			last.forEach((part, i) => {
				expectClose(tf.slice(part, 0, 1), tf.slice(without.state[i] as tf.Tensor, 0, 1), { atol: 1e-6 });
			});
		});
	});

	it.each(kernels)("has the gradients of everything, with a kernel of %i", (kernelSize) => {
		const cell = make(kernelSize);
		tf.tidy(() => {
			const live = liveSteps(tf.tensor1d([2, 5, 1], "int32"), time);
			const [h, ...rest] = state(cell) as [tf.Tensor2D, ...tf.Tensor2D[]];
			const flat = (parts: tf.Tensor[]): tf.Tensor => tf.concat(parts.map((part) => tf.reshape(part, [-1])));
			for (const options of [{}, { reverse: true }, { live }, { live, reverse: true }]) {
				const run = (x: tf.Tensor, before: tf.Tensor, others: tf.Tensor[]): tf.Tensor => {
					const result = cell.sequence(x as tf.Tensor3D, [before, ...others] as RecurrentState, options);
					return flat([result.outputs, ...result.state]);
				};
				// Only a step that does not count looks at the h before it: it hands it on.
				if ("live" in options) {
					const whole = (x: tf.Tensor, before: tf.Tensor, ...others: tf.Tensor[]): tf.Tensor =>
						run(x, before, others);
					expectGradientsMatch(whole, [inputs(), h, ...rest], { names: ["x", "h", "c", "window"] });
				} else {
					const others = (x: tf.Tensor, ...parts: tf.Tensor[]): tf.Tensor => run(x, h, parts);
					expectGradientsMatch(others, [inputs(), ...rest], { names: ["x", "c", "window"] });
				}
			}
			const step = (x: tf.Tensor, ...parts: tf.Tensor[]): tf.Tensor =>
				flat(cell.step(x as tf.Tensor2D, [h, ...parts] as RecurrentState));
			expectGradientsMatch(step, [randomTensor([batch, inputSize], 5), ...rest]);
			const { kernel, bias } = cell.weights;
			const loss = (): tf.Scalar => tf.sum(tf.square(cell.sequence(inputs(), state(cell)).outputs));
			const { grads } = tf.variableGrads(loss, [kernel, bias]);
			for (const variable of [kernel, bias] as tf.Variable[]) {
				const gradient = grads[variable.name] as tf.Tensor;
				const norm = Number(tf.norm(gradient).dataSync()[0]);
				const start = tf.clone(variable);
				const at = (shift: number): number => {
					variable.assign(tf.add(start, tf.mul(gradient, shift / norm)));
					return Number(loss().dataSync()[0]);
				};
				expectClose([(at(1e-2) - at(-1e-2)) / 2e-2 / norm], [1], { atol: 1e-2 });
				variable.assign(start);
			}
		});
	});

	it("works on a single step", () => {
		const cell = make(3);
		tf.tidy(() => {
			const x = tf.slice(inputs(), [0, 0, 0], [1, batch, inputSize]);
			const { state: last } = cell.sequence(x, state(cell));
			cell.step(tf.reshape(x, [batch, inputSize]), state(cell)).forEach((part, i) => {
				expectClose(part, last[i] as tf.Tensor, { atol: 1e-6 });
			});
		});
	});

	it.each(kernels)("leaves nothing behind, with a kernel of %i", (kernelSize) => {
		const cell = make(kernelSize);
		const [x, all] = [inputs(), state(cell)];
		const live = liveSteps(tf.tensor1d([2, 5, 0], "int32"), time);
		const question = randomTensor<tf.Rank.R2>([batch, inputSize], 4);
		expectNoLeak(() => {
			const result = cell.sequence(x, all, { live, reverse: true });
			return [result.outputs, ...result.state];
		});
		expectNoLeak(() => cell.step(question, all));
		expectNoLeak(() => tf.grad((y) => tf.sum(cell.sequence(y as tf.Tensor3D, all, { live }).outputs))(x));
		expectNoLeak(() => cell.step(x as never, all), { throws: true });
		tf.dispose([x, live, question, ...all]);
	});

	it("says what is wrong", () => {
		const cell = make(3);
		const [x, all] = [inputs(), state(cell)];
		expect(() => cell.step(x as never, all)).toThrow(/QrnnCell.step: input.*rank 3; expected rank 2/);
		expect(() => cell.sequence(x, all.slice(1))).toThrow(/state has 2 tensors; expected 3.*zeroState/);
		expect(() => cell.sequence(x, [all[0], all[1], all[1]] as RecurrentState)).toThrow(
			/state\[2\] \[batch 3, window 7\].*expected window 4/,
		);
		expect(() => cell.sequence(tf.zeros([0, batch, inputSize]), all)).toThrow(
			/inputs \[time 0, .* is empty; expected at least time 1/,
		);
		expect(() => new QrnnCell(new Parameters(), { inputSize, units, kernelSize: 0 })).toThrow(
			/`kernelSize` is 0/,
		);
		expect(cell.zeroState(2).map(({ shape }) => shape)).toEqual([
			[2, units],
			[2, units],
			[2, 4],
		]);
		tf.dispose([x, ...all]);
	});
});
