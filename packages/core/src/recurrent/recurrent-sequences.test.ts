import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { HeedError } from "../errors.ts";
import { gruResetBeforeSequence } from "./gru-reset-before-sequence.ts";
import { gruSequence } from "./gru-sequence.ts";
import { lstmSequence } from "./lstm-sequence.ts";

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** What one step needs of the numbers of one batch item, in float64. */
type Step = (
	x: number[],
	h: number[],
	c: number[],
	product: (h: number[]) => number[],
) => [number[], number[]];

const gruStep: Step = (x, h, c, product) => {
	const units = h.length;
	const p = product(h);
	const next = h.map((old, u) => {
		const z = sigmoid((x[u] ?? 0) + (p[u] ?? 0));
		const r = sigmoid((x[units + u] ?? 0) + (p[units + u] ?? 0));
		const n = Math.tanh((x[2 * units + u] ?? 0) + r * (p[2 * units + u] ?? 0));
		return z * old + (1 - z) * n;
	});
	return [next, c];
};

const lstmStep: Step = (x, h, c, product) => {
	const units = h.length;
	const p = product(h);
	const gate = (g: number, u: number): number => (x[g * units + u] ?? 0) + (p[g * units + u] ?? 0);
	const cell = c.map((old, u) => sigmoid(gate(1, u)) * old + sigmoid(gate(0, u)) * Math.tanh(gate(2, u)));
	return [cell.map((value, u) => sigmoid(gate(3, u)) * Math.tanh(value)), cell];
};

interface Sizes {
	readonly time: number;
	readonly batch: number;
	readonly units: number;
	readonly reverse: boolean;
}

/** The states of every step, one number after another, in float64. */
function reference(step: Step, gates: number, sizes: Sizes, tensors: tf.Tensor[]): [number[], number[]] {
	const { time, batch, units, reverse } = sizes;
	const [x, h0, c0, kernel, bias, live] = tensors.map((tensor) => [...tensor.dataSync()]) as [
		number[],
		number[],
		number[],
		number[],
		number[],
		number[],
	];
	const [hiddens, cells] = [new Array<number>(time * batch * units), new Array<number>(time * batch * units)];
	const width = gates * units;
	for (let b = 0; b < batch; b++) {
		let h = h0.slice(b * units, (b + 1) * units);
		let c = c0.slice(b * units, (b + 1) * units);
		for (let s = 0; s < time; s++) {
			const t = reverse ? time - 1 - s : s;
			const at = t * batch + b;
			const product = (state: number[]): number[] =>
				Array.from({ length: width }, (_, j) =>
					state.reduce((sum, value, u) => sum + value * (kernel[u * width + j] ?? 0), bias[j] ?? 0),
				);
			if (live[at] === 1) [h, c] = step(x.slice(at * width, (at + 1) * width), h, c, product);
			h.forEach((value, u) => {
				hiddens[at * units + u] = value;
			});
			c.forEach((value, u) => {
				cells[at * units + u] = value;
			});
		}
	}
	return [hiddens, cells];
}

const cases: Sizes[] = [
	{ time: 1, batch: 1, units: 1, reverse: false },
	{ time: 3, batch: 2, units: 5, reverse: false },
	{ time: 4, batch: 7, units: 4, reverse: true },
	{ time: 2, batch: 6, units: 67, reverse: true },
	{ time: 5, batch: 11, units: 16, reverse: false },
];

const make = ({ time, batch, units }: Sizes, gates: number): tf.Tensor[] => [
	randomTensor([time, batch, gates * units], 1),
	randomTensor([batch, units], 2),
	randomTensor([batch, units], 3),
	randomTensor([units, gates * units], 4, 1 / Math.sqrt(units)),
	randomTensor([gates * units], 5),
];

const gru = (reverse: boolean) => (x: tf.Tensor, h: tf.Tensor, r: tf.Tensor, b: tf.Tensor) =>
	gruSequence(x as tf.Tensor3D, h as tf.Tensor2D, r as tf.Tensor2D, b as tf.Tensor1D, { reverse });

describeOnEveryBackend("recurrent sequences", () => {
	test.each(cases)("a GRU is that of float64: %j", (sizes) => {
		tf.tidy(() => {
			const [x, h, c, r, b] = make(sizes, 3) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
			const [states] = reference(gruStep, 3, sizes, [x, h, c, r, b, tf.ones([sizes.time, sizes.batch])]);
			expectClose(gru(sizes.reverse)(x, h, r, b), states, { atol: 2e-6 });
		});
	});

	test.each(cases)(
		"an LSTM is that of float64, and stays as it was where a step does not count: %j",
		(sizes) => {
			tf.tidy(() => {
				const [x, h, c, r] = make(sizes, 4) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
				const live = tf.cast(tf.greater(randomTensor([sizes.time, sizes.batch], 6), -0.5), "float32");
				const noBias = tf.zeros([4 * sizes.units]);
				const expected = reference(lstmStep, 4, sizes, [x, h, c, r, noBias, live]);
				const options = { live: live as tf.Tensor2D, reverse: sizes.reverse };
				const states = lstmSequence(
					x as tf.Tensor3D,
					h as tf.Tensor2D,
					c as tf.Tensor2D,
					r as tf.Tensor2D,
					options,
				);
				states.forEach((state, i) => {
					expectClose(state, expected[i] ?? [], { atol: 2e-6 });
				});
			});
		},
	);

	test.each(cases.slice(1))("have the gradients of all their inputs: %j", (sizes) => {
		tf.tidy(() => {
			const [x, h, , r, b] = make(sizes, 3) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
			const coordinates = 6;
			expectGradientsMatch(gru(sizes.reverse) as (...inputs: tf.Tensor[]) => tf.Tensor, [x, h, r, b], {
				coordinates,
				names: ["x", "initial", "kernel", "bias"],
			});
			const live = tf.cast(tf.greater(randomTensor([sizes.time, sizes.batch], 6), -0.5), "float32");
			const both = (...[y, hidden, cell, kernel]: tf.Tensor[]): tf.Tensor =>
				tf.concat(
					lstmSequence(y as tf.Tensor3D, hidden as tf.Tensor2D, cell as tf.Tensor2D, kernel as tf.Tensor2D, {
						live: live as tf.Tensor2D,
						reverse: sizes.reverse,
					}),
					2,
				);
			const [y, hidden, cell, kernel] = make(sizes, 4) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
			expectGradientsMatch(both, [y, hidden, cell, kernel], {
				coordinates,
				names: ["x", "hidden", "cell", "kernel"],
			});
		});
	});

	test("leave nothing behind, and take an empty batch", () => {
		const sizes = { time: 2, batch: 3, units: 2, reverse: false };
		const [x, h, , r, b] = make(sizes, 3) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
		expectNoLeak(() => gru(false)(x, h, r, b));
		expectNoLeak(() => tf.grads(gru(true) as (...inputs: tf.Tensor[]) => tf.Tensor)([x, h, r, b]));
		const none = [tf.zeros([2, 0, 6]), tf.zeros([0, 2])] as [tf.Tensor3D, tf.Tensor2D];
		expect(gruSequence(...none, r as tf.Tensor2D, b as tf.Tensor1D).shape).toEqual([2, 0, 2]);
		tf.dispose([x, h, r, b, ...none]);
	});

	test("refuse what does not fit, before anything is computed", () => {
		const three = (shape: [number, number, number]): tf.Tensor3D => tf.zeros(shape);
		const [x, h, r] = [three([2, 3, 12]), tf.zeros<tf.Rank.R2>([3, 4]), tf.zeros<tf.Rank.R2>([4, 12])];
		const b = tf.zeros<tf.Rank.R1>([12]);
		const refusals: [() => unknown, string][] = [
			[() => gruSequence(three([2, 3, 9]), h, r, b), "gruSequence: x"],
			[() => gruSequence(x, tf.zeros([2, 4]), r, b), "gruSequence: initial"],
			[() => gruSequence(x, h, tf.zeros([4, 11]), b), "gruSequence: kernel"],
			[() => gruSequence(x, h, r, tf.zeros([4])), "gruSequence: bias"],
			[() => gruSequence(three([0, 3, 12]), h, r, b), "no time steps"],
			[() => gruSequence(x, h, r, b, { reverse: 1 as unknown as boolean }), "`reverse` is 1"],
			[() => gruResetBeforeSequence(x, h, r, { live: 1 } as object), "live"],
			[() => lstmSequence(x, h, h, r), "lstmSequence: kernel"],
			[() => lstmSequence(three([2, 3, 16]), h, h, tf.zeros([4, 16]), { live: tf.zeros([3, 2]) }), "live"],
		];
		for (const [call, message] of refusals) {
			expect(call).toThrow(HeedError);
			expect(call).toThrow(message);
		}
	});
});
