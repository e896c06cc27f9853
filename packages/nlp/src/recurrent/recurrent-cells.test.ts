import { gruResetBeforeSequence, HeedError } from "@heed/core";
import { assignWeights, Parameters } from "@heed/layers";
import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { gruFromTorch } from "./from-torch.ts";
import { GruCell } from "./gru-cell.ts";
import { LstmCell } from "./lstm-cell.ts";
import { QrnnCell } from "./qrnn-cell.ts";
import type { RecurrentCell, RecurrentState } from "./recurrent-cell.ts";
import { liveSteps } from "./recurrent-encoder.ts";

const [time, batch, inputSize, units] = [5, 3, 2, 4];

function make(kind: string): RecurrentCell {
	const parameters = new Parameters({ seed: 3 });
	const options = { inputSize, units };
	const cell =
		kind === "qrnn"
			? new QrnnCell(parameters, options)
			: kind === "lstm"
				? new LstmCell(parameters, options)
				: new GruCell(parameters, { ...options, resetAfter: kind === "gru" });
	let seed = 10;
	for (const variable of parameters.variables.values()) {
		variable.assign(tf.tidy(() => randomTensor(variable.shape, seed++, 0.5)));
	}
	return cell;
}

const inputs = (): tf.Tensor3D => randomTensor<tf.Rank.R3>([time, batch, inputSize], 1);
const state = (cell: RecurrentCell): RecurrentState =>
	Array.from({ length: cell.stateSize }, (_, i) => randomTensor<tf.Rank.R2>([batch, units], 2 + i));

/** One step of a GRU that resets before the product, in float64. */
function resetBeforeStep(cell: RecurrentCell, x: number[], h: number[]): number[] {
	const [kernel, recurrent, bias] = ["kernel", "recurrentKernel", "bias"].map((name) =>
		cell.weights[name]?.arraySync(),
	) as [number[][], number[][], number[]];
	const times = (v: number[], w: number[][], column: number): number =>
		v.reduce((sum, value, i) => sum + value * Number(w[i]?.[column]), 0);
	const sigmoid = (v: number): number => 1 / (1 + Math.exp(-v));
	const reset = h.map((_, i) =>
		sigmoid(times(x, kernel, units + i) + times(h, recurrent, units + i) + Number(bias[units + i])),
	);
	const gated = h.map((value, i) => value * Number(reset[i]));
	return h.map((old, i) => {
		const update = sigmoid(times(x, kernel, i) + times(h, recurrent, i) + Number(bias[i]));
		const candidate = Math.tanh(
			times(x, kernel, 2 * units + i) + times(gated, recurrent, 2 * units + i) + Number(bias[2 * units + i]),
		);
		return update * old + (1 - update) * candidate;
	});
}

describeOnEveryBackend("recurrent cells", () => {
	const kinds = ["gru", "gruResetBefore", "lstm"];

	it.each(kinds)("%s gives the same numbers step by step and as a sequence, in both directions", (kind) => {
		const cell = make(kind);
		tf.tidy(() => {
			for (const reverse of [false, true]) {
				const { outputs, state: last } = cell.sequence(inputs(), state(cell), { reverse });
				let current = state(cell);
				const order = [0, 1, 2, 3, 4];
				for (const t of reverse ? order.reverse() : order) {
					current = cell.step(tf.unstack(inputs())[t] as tf.Tensor2D, current);
					expectClose(tf.unstack(outputs)[t] as tf.Tensor, current[0] as tf.Tensor, { atol: 1e-6 });
				}
				last.forEach((part, i) => {
					expectClose(part, current[i] as tf.Tensor, { atol: 1e-6 });
				});
			}
		});
	});

	it.each(kinds)("%s freezes its state where nothing counts, to the bit", (kind) => {
		const cell = make(kind);
		tf.tidy(() => {
			const live = liveSteps(tf.tensor1d([2, 5, 0], "int32"), time);
			for (const reverse of [false, true]) {
				const { outputs, state: last } = cell.sequence(inputs(), state(cell), { live, reverse });
				last.forEach((part, i) => {
					const rows = (x: tf.Tensor | undefined, row: number): number[] => [
						...tf.slice(x as tf.Tensor, [row, 0], [1, -1]).dataSync(),
					];
					expect(rows(part, 2)).toEqual(rows(state(cell)[i], 2)); // a row of length 0
					const alone = cell.sequence(
						tf.slice(inputs(), [0, 0, 0], [2, 1, -1]),
						state(cell).map((all) => tf.slice(all, [0, 0], [1, -1])),
						{ reverse },
					);
					expectClose(rows(part, 0), rows(alone.state[i], 0), { atol: 1e-6 });
				});
				expectClose(tf.slice(outputs, [2, 0, 0], [3, 1, -1]), new Array(3 * units).fill(0)); // past the length
			}
		});
	});

	it("resets before the product as the paper does", () => {
		const cell = make("gruResetBefore");
		tf.tidy(() => {
			const [x, h] = [inputs().arraySync()[0] as number[][], (state(cell)[0] as tf.Tensor2D).arraySync()];
			const [next] = cell.step(tf.tensor2d(x), state(cell)) as [tf.Tensor2D];
			h.forEach((row, b) => {
				expectClose(next.arraySync()[b] as number[], resetBeforeStep(cell, x[b] as number[], row));
			});
		});
	});

	it("has the gradient of a reset before the product", () => {
		tf.tidy(() => {
			const run =
				(reverse: boolean) =>
				(x: tf.Tensor, h: tf.Tensor, r: tf.Tensor): tf.Tensor =>
					gruResetBeforeSequence(x as tf.Tensor3D, h as tf.Tensor2D, r as tf.Tensor2D, { reverse });
			const given = [
				randomTensor([time, batch, 3 * units], 1),
				randomTensor([batch, units], 2),
				randomTensor([units, 3 * units], 3, 0.5),
			];
			expectGradientsMatch(run(false), given, { names: ["x", "initial", "kernel"] });
			expectGradientsMatch(run(true), given, { names: ["x", "initial", "kernel"] });
		});
	});

	it.each(kinds)("%s leaves nothing behind", (kind) => {
		const cell = make(kind);
		const [x, [first, ...others]] = [inputs(), state(cell)] as [tf.Tensor3D, tf.Tensor2D[]];
		const live = liveSteps(tf.tensor1d([2, 5, 0], "int32"), time);
		const all = [first as tf.Tensor2D, ...others];
		expectNoLeak(() => {
			const result = cell.sequence(x, all, { live });
			return [result.outputs, ...result.state];
		});
		const question = randomTensor<tf.Rank.R2>([batch, inputSize], 4);
		expectNoLeak(() => cell.step(question, all));
		expectNoLeak(() => cell.step(x as never, all), { throws: true });
		tf.dispose([x, live, question, ...all]);
	});

	it.each([...kinds, "qrnn"])(
		"%s keeps NaN to its row, from its step on, and sees none that does not count",
		(kind) => {
			const cell = make(kind);
			const rowsOf = (x: tf.Tensor): number[][] =>
				tf.tidy(() => tf.unstack(x).map((row) => [...row.dataSync()]));
			tf.tidy(() => {
				const place = tf.range(0, time * batch);
				/** NaN in one step of one row of the inputs. */
				const spoil = (t: number, row: number): tf.Tensor3D => {
					const isSpoilt = tf.reshape(tf.equal(place, t * batch + row), [time, batch, 1]);
					return tf.where(
						tf.tile(isSpoilt, [1, 1, inputSize]),
						tf.fill([time, batch, inputSize], Number.NaN),
						inputs(),
					);
				};
				const zero = cell.zeroState(batch);
				for (const reverse of [false, true]) {
					const [sound, spoilt] = [inputs(), spoil(2, 1)].map(
						(x) => cell.sequence(x, zero, { reverse }).outputs,
					);
					rowsOf(spoilt as tf.Tensor).forEach((step, t) => {
						const before = rowsOf(sound as tf.Tensor)[t] as number[];
						const isHit = (i: number): boolean => Math.floor(i / units) === 1 && (reverse ? t <= 2 : t >= 2);
						expect(step).toEqual(before.map((value, i) => (isHit(i) ? Number.NaN : value)));
					});
					const live = liveSteps(tf.tensor1d([4, 2, 5], "int32"), time); // of row 1 steps 0 and 1 count
					const [blind, same] = [inputs(), spoil(2, 1)].map((x) => cell.sequence(x, zero, { live, reverse }));
					[blind?.outputs, ...(blind?.state ?? [])].forEach((part, i) => {
						const other = i === 0 ? same?.outputs : same?.state[i - 1];
						expect(rowsOf(other as tf.Tensor)).toEqual(rowsOf(part as tf.Tensor));
					});
				}
				const [sound, spoilt] = [inputs(), spoil(2, 1)].map((x) =>
					cell.step(tf.unstack(x)[2] as tf.Tensor2D, zero),
				);
				rowsOf(spoilt?.[0] as tf.Tensor).forEach((row, b) => {
					const before = rowsOf(sound?.[0] as tf.Tensor)[b] as number[];
					expect(row).toEqual(b === 1 ? before.map(() => Number.NaN) : before);
				});
			});
		},
	);

	it("says what is wrong", () => {
		const cell = make("lstm");
		const [x, all] = [inputs(), state(cell)];
		expect(() => cell.step(x as never, all)).toThrow(/LstmCell.step: input.*rank 3; expected rank 2/);
		expect(() => cell.sequence(x, all.slice(1))).toThrow(/state has 1 tensors; expected 2.*zeroState/);
		expect(() => cell.sequence(x, all, { backward: true } as never)).toThrow(
			/unknown option `backward`.*`reverse`/,
		);
		const none = tf.zeros<tf.Rank.R2>([0, inputSize]);
		expect(() => cell.step(none, cell.zeroState(0))).toThrow(
			/input \[batch 0, .*is empty; expected at least batch 1/,
		);
		expect(() => cell.step(tf.zeros([batch, inputSize], "int32"), all)).toThrow(/input is int32/);
		expect(() => cell.sequence(tf.zeros([time, 0, inputSize]), cell.zeroState(0))).toThrow(/is empty/);
		expect(() => cell.sequence(tf.zeros([time, batch, inputSize], "int32"), all)).toThrow(/inputs is int32/);
		expect(() => cell.sequence(x, all, { live: tf.ones([time, batch], "bool") })).toThrow(/live is bool/);
		const whole = all.map((part) => tf.cast(part, "int32"));
		expect(() => cell.sequence(x, whole)).toThrow(/state\[0\] is int32; expected float32/);
		tf.dispose(whole);
		expect(() => cell.zeroState(-1)).toThrow(/LstmCell.zeroState: `batch` is -1/);
		expect(() => new GruCell(new Parameters(), { inputSize: 0, units })).toThrow(HeedError);
		expect(() => assignWeights(cell.weights, {})).toThrow(/no value came for `kernel`/);
		expect(() => assignWeights(cell.weights, { kernel: x, recurrentKernel: x, bias: x })).toThrow(
			/kernel .*rank 3/,
		);
		const torch = { weight_ih: x, weight_hh: all[0], bias_ih: x, bias_hh: x };
		expect(() => gruFromTorch(torch as never)).toThrow(
			/gruFromTorch: weight_hh \[gates·units 3, units 4\].*expected gates·units 12/,
		);
		tf.dispose([x, ...all]);
	});
});
