import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seededOrder } from "./seeded-order.ts";
import { stepSeed } from "./step-seed.ts";

describe("seededOrder", () => {
	it("is a permutation that depends on the seed and the epoch alone", () => {
		fc.assert(
			fc.property(fc.nat(50), fc.maxSafeInteger(), fc.nat(1000), (count, seed, epoch) => {
				const order = seededOrder(count, seed, epoch);
				expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
				expect(seededOrder(count, seed, epoch)).toEqual(order);
			}),
			{ seed: 1, numRuns: 100 },
		);
	});

	it("differs between seeds (0, negative, beyond 32 bits) and between epochs", () => {
		const seeds = [0, 1, -1, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
		const orders = seeds.flatMap((seed) => [0, 1, 2].map((epoch) => seededOrder(31, seed, epoch).join()));
		expect(new Set(orders).size).toBe(orders.length);
	});

	it("puts everything everywhere about equally often", () => {
		const counts = Array.from({ length: 5 }, () => [0, 0, 0, 0, 0]);
		for (let epoch = 0; epoch < 5000; epoch++) {
			seededOrder(5, 0, epoch).forEach((item, place) => {
				const row = counts[place] as number[];
				row[item] = (row[item] ?? 0) + 1;
			});
		}
		// 1000 expected, standard deviation √(5000 · 0.2 · 0.8) = 28
		for (const count of counts.flat()) expect(Math.abs(count - 1000)).toBeLessThan(5 * 28);
	});

	it("refuses what is no count, seed or epoch", () => {
		expect(() => seededOrder(-1, 0, 0)).toThrow(/seededOrder: `count` is -1/);
		expect(() => seededOrder(3, 0.5, 0)).toThrow(/`seed` is 0.5/);
		expect(() => seededOrder(3, 0, Number.NaN)).toThrow(/`epoch` is NaN/);
	});
});

describe("stepSeed", () => {
	it("is never 0, fits 31 bits, and differs from step to step", () => {
		const seeds = Array.from({ length: 1000 }, (_, step) => stepSeed(0, step));
		expect(new Set(seeds).size).toBe(1000);
		for (const seed of seeds) expect(seed > 0 && seed < 2 ** 31).toBe(true);
		expect(stepSeed(1, 0)).not.toBe(stepSeed(0, 0));
	});
});
