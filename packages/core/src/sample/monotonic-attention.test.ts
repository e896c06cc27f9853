import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { expect, it } from "vitest";
import { firstAlignment, type MonotonicMode, monotonicAttention } from "./monotonic-attention.ts";

/** The recurrence of the paper, in float64, one row. */
function recurrence(energies: readonly number[], previous: readonly number[]): number[] {
	let arrived = 0;
	let passed = 0;
	return energies.map((energy, i) => {
		const stop = 1 / (1 + Math.exp(-energy));
		arrived = passed * arrived + (previous[i] ?? 0);
		passed = 1 - stop;
		return stop * arrived;
	});
}

/** A previous alignment as it occurs: weights that sum to less than 1. */
const partial = (batch: number, length: number, seed: number): tf.Tensor2D =>
	tf.mul(tf.softmax(randomTensor<tf.Rank.R2>([batch, length], seed)), 0.9);

describeOnEveryBackend("monotonicAttention", () => {
	it.each(["parallel", "recursive"] as const)("is the recurrence over several steps, %s", (mode) => {
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 11 }), fc.nat(), (length, seed) => {
				tf.tidy(() => {
					let alignment = firstAlignment(2, length);
					let expected = alignment.arraySync();
					for (let step = 0; step < 3; step++) {
						const energies = randomTensor<tf.Rank.R2>([2, length], seed + step);
						const rows = energies.arraySync();
						alignment = monotonicAttention(energies, alignment, { mode });
						expected = expected.map((row, b) => recurrence(rows[b] ?? [], row));
						expectClose(alignment, tf.tensor2d(expected), { label: `step ${step}` });
					}
				});
			}),
			{ seed: 1, numRuns: 20 },
		);
	});

	it("loses nothing of an untrained model's weight on a long way, by default", () => {
		const [keys, steps] = [200, 150];
		const energies = tf.zeros<tf.Rank.R2>([1, keys]);
		let alignment = firstAlignment(1, keys);
		let [expected = []] = alignment.arraySync();
		for (let step = 0; step < steps; step++) {
			alignment = tf.tidy(() => monotonicAttention(energies, alignment));
			expected = recurrence(new Array(keys).fill(0), expected);
		}
		expectClose(alignment, expected, { atol: 1e-5 });
		expect(tf.sum(alignment).dataSync()[0]).toBeGreaterThan(0.99);
		const start = firstAlignment(1, keys);
		const f = (mode: MonotonicMode) => (e: tf.Tensor) =>
			monotonicAttention(e as tf.Tensor2D, monotonicAttention(e as tf.Tensor2D, start, { mode }), { mode });
		expectClose(tf.grad(f("parallel"))(energies), tf.grad(f("recursive"))(energies), { atol: 1e-6 });
	});

	it("is finite, with finite gradients, for infinite energies", () => {
		const infinite = tf.tensor2d([[Number.NEGATIVE_INFINITY, 0.5, Number.POSITIVE_INFINITY, 1]]);
		const f = (e: tf.Tensor): tf.Tensor => monotonicAttention(e as tf.Tensor2D, partial(1, 4, 1));
		const recursive = monotonicAttention(infinite, partial(1, 4, 1), { mode: "recursive" });
		expectClose(f(infinite), recursive);
		expect([...tf.grad(f)(infinite).dataSync()].every(Number.isFinite)).toBe(true);
	});

	it("moves forward: nothing before the last place, and no more than has arrived", () => {
		const previous = tf.tensor2d([[0, 0, 1, 0, 0]]);
		const energies = randomTensor<tf.Rank.R2>([1, 5], 4);
		for (const mode of ["parallel", "recursive", "hard"] as const) {
			const [row = []] = monotonicAttention(energies, previous, { mode }).arraySync();
			expect(row.slice(0, 2)).toEqual([0, 0]);
			expect(row.reduce((a, b) => a + b)).toBeLessThanOrEqual(1 + 1e-6);
		}
	});

	it("stops hard at the first positive energy from the last place on", () => {
		const energies = tf.tensor2d([
			[3, -1, 2, 5],
			[3, -1, -2, -5],
			[-1, 4, 2, 5],
		]);
		const previous = tf.tensor2d([
			[0, 1, 0, 0],
			[0, 1, 0, 0],
			[1, 0, 0, 0],
		]);
		const expected = [
			[0, 0, 1, 0],
			[0, 0, 0, 0], // ran past the end
			[0, 1, 0, 0],
		];
		expectClose(monotonicAttention(energies, previous, { mode: "hard" }), tf.tensor2d(expected));
	});

	it("agrees with the hard mode when the energies are decided", () => {
		const energies = tf.mul<tf.Tensor2D>(tf.sign(randomTensor<tf.Rank.R2>([7, 11], 6)), 30);
		const start = firstAlignment(7, 11);
		const hard = monotonicAttention(energies, start, { mode: "hard" });
		for (const mode of ["parallel", "recursive"] as const) {
			expectClose(monotonicAttention(energies, start, { mode }), hard);
		}
	});

	it.each(["parallel", "recursive"] as const)("has the gradients of finite differences, %s", (mode) => {
		const mask = tf.tensor2d(
			[
				[1, 1, 0, 1, 1, 1, 1],
				[1, 1, 1, 1, 1, 0, 0],
			],
			[2, 7],
			"bool",
		);
		const f = (...[e, p]: tf.Tensor[]): tf.Tensor =>
			monotonicAttention(e as tf.Tensor2D, p as tf.Tensor2D, { mode, mask });
		const inputs = [randomTensor([2, 7], 7), partial(2, 7, 8)];
		expectGradientsMatch(f, inputs, { names: ["energies", "previousAlignment"] });
	});

	it("keeps finite values and gradients where the chance is 0 or 1", () => {
		const energies = tf.tensor2d([[200, -200, 200, 200, -200]]);
		for (const mode of ["parallel", "recursive"] as const) {
			const f = (e: tf.Tensor): tf.Tensor => monotonicAttention(e as tf.Tensor2D, partial(1, 5, 1), { mode });
			for (const value of [...f(energies).dataSync(), ...tf.grad(f)(energies).dataSync()]) {
				expect(Number.isFinite(value)).toBe(true);
			}
		}
	});

	it("a masked key gets nothing and changes nothing", () => {
		const mask = tf.tensor2d([[1, 0, 1, 1, 0]], [1, 5], "bool");
		const energies = randomTensor<tf.Rank.R2>([1, 5], 3);
		const spoilt = tf.where(mask, energies, tf.fill([1, 5], Number.NaN)) as tf.Tensor2D;
		for (const mode of ["parallel", "recursive", "hard"] as const) {
			const clean = monotonicAttention(energies, firstAlignment(1, 5), { mode, mask }).dataSync();
			expect([clean[1], clean[4]]).toEqual([0, 0]);
			expect(monotonicAttention(spoilt, firstAlignment(1, 5), { mode, mask }).dataSync()).toEqual(clean);
		}
	});

	it("draws its noise from the seed", () => {
		const run = (options: { noise: number; seed: number }): Float32Array =>
			monotonicAttention(tf.zeros([2, 7]), firstAlignment(2, 7), options).dataSync() as Float32Array;
		expect(run({ noise: 1, seed: 0 })).toEqual(run({ noise: 1, seed: 0 }));
		expect(run({ noise: 1, seed: 0 })).not.toEqual(run({ noise: 1, seed: 1 }));
		expect(run({ noise: 0, seed: 0 })).toEqual(run({ noise: 0, seed: 1 }));
	});

	it("leaves nothing behind and refuses what does not fit", () => {
		const energies = randomTensor<tf.Rank.R2>([2, 7], 1);
		const start = firstAlignment(2, 7);
		for (const mode of ["parallel", "recursive", "hard"] as MonotonicMode[]) {
			expectNoLeak(() => monotonicAttention(energies, start, { mode, noise: 1, seed: 1 }));
		}
		expectNoLeak(() => tf.grad((e: tf.Tensor) => monotonicAttention(e as tf.Tensor2D, start))(energies));
		expectNoLeak(() => firstAlignment(2, 7));
		const calls: [() => tf.Tensor, RegExp][] = [
			[
				() => monotonicAttention(energies, tf.zeros([2, 5])),
				/previousAlignment \[batch 2, keyLength 5\].*expected keyLength 7/,
			],
			[() => monotonicAttention(tf.zeros([2, 7, 1]) as never, start), /energies \[2, 7, 1\] has rank 3/],
			[() => monotonicAttention(energies, start, { noise: 1 }), /`seed` is undefined/],
			[() => monotonicAttention(energies, start, { noise: -1 }), /`noise` is -1/],
			[() => monotonicAttention(energies, start, { mode: "soft" as never }), /"soft".*'parallel'/],
			[() => monotonicAttention(energies, start, { mask: start }), /mask is float32; expected bool/],
			[() => monotonicAttention(energies, start, { bias: 1 } as never), /`bias`/],
			[() => firstAlignment(0, 7), /`batch` is 0/],
		];
		for (const [call, message] of calls) {
			expect(() => tf.tidy(call)).toThrow(message);
			expectNoLeak(() => tf.tidy(call), { throws: true });
		}
	});
});
