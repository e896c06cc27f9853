import { describe, expect, it } from "vitest";
import { randomStream } from "./random-stream.ts";

const take = (seed: number, count: number): number[] => {
	const { uniform } = randomStream(seed);
	return Array.from({ length: count }, uniform);
};
const mean = (values: readonly number[]): number =>
	values.reduce((sum, value) => sum + value) / values.length;

describe("randomStream", () => {
	it("repeats itself, and differs from seed to seed, 0 and seeds beyond 32 bits included", () => {
		const seeds = [0, 1, 2, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 52, Number.MAX_SAFE_INTEGER];
		for (const seed of seeds) expect(take(seed, 7)).toEqual(take(seed, 7));
		expect(new Set(seeds.map((seed) => take(seed, 7).join())).size).toBe(seeds.length);
	});

	it("gives no seed a piece of another one's stream", () => {
		// With a counter that grows by a constant, these seeds would be two places on one cycle.
		const increments = [1, 0x6d2b79f5, 0x9e3779b1, 0x9e3779b9];
		for (const seed of [0, 1, 42]) {
			const pairs = new Set(take(seed, 2003).map((value, i, all) => `${value} ${all[i + 1]}`));
			for (const increment of increments) {
				for (const mask of [0, 0x9e3779b9]) {
					const other = (((seed ^ mask) + increment) ^ mask) >>> 0;
					const values = take(other, 2003);
					expect(values.some((value, i) => pairs.has(`${value} ${values[i + 1]}`))).toBe(false);
				}
			}
		}
	});

	it("is uniform along a stream, and across the first numbers of neighbouring seeds", () => {
		const n = 20_011;
		const across = Array.from({ length: n }, (_, seed) => randomStream(seed).uniform());
		for (const values of [take(7, n), across]) {
			expect(values.every((value) => value > 0 && value < 1)).toBe(true);
			// Four standard errors: sd of the mean 1/√12n; of a lagged product (u - ½)(u' - ½) 1/12√n.
			expect(Math.abs(mean(values) - 0.5)).toBeLessThan(4 / Math.sqrt(12 * n));
			const products = values.slice(1).map((value, i) => (value - 0.5) * ((values[i] ?? 0) - 0.5));
			expect(Math.abs(mean(products))).toBeLessThan(4 / (12 * Math.sqrt(n)));
			const bins = new Array<number>(64).fill(0);
			for (const value of values) bins[Math.floor(value * 64)] = (bins[Math.floor(value * 64)] ?? 0) + 1;
			const chiSquare = bins.reduce((sum, count) => sum + (count - n / 64) ** 2 / (n / 64), 0);
			expect(chiSquare).toBeLessThan(63 + 4 * Math.sqrt(2 * 63));
		}
	});

	it("has normal and Gumbel numbers of the right mean and variance", () => {
		const n = 20_011;
		const { normal, gumbel } = randomStream(3);
		const normals = Array.from({ length: n }, normal);
		expect(Math.abs(mean(normals))).toBeLessThan(4 / Math.sqrt(n));
		expect(mean(normals.map((value) => value ** 2))).toBeCloseTo(1, 1);
		const eulerGamma = 0.5772156649;
		expect(mean(Array.from({ length: n }, gumbel))).toBeCloseTo(eulerGamma, 1);
	});
});
