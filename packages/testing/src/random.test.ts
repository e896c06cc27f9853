import { describe, expect, it } from "vitest";
import { useBackend } from "./backends.ts";
import { randomSource, randomTensor } from "./random.ts";

describe("randomSource", () => {
	useBackend("cpu");
	const take = (seed: number, count: number): number[] => {
		const { uniform } = randomSource(seed);
		return Array.from({ length: count }, uniform);
	};
	const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

	it("repeats itself, and differs from seed to seed", () => {
		expect(take(0, 5)).toEqual(take(0, 5));
		expect(new Set([0, 1, 2, 3].map((seed) => take(seed, 5).join())).size).toBe(4);
	});

	it("is uniform, normal, or a whole number of the range", () => {
		const n = 10_007;
		const { normal, integer } = randomSource(1);
		expect(mean(take(1, n))).toBeCloseTo(0.5, 1);
		const normals = Array.from({ length: n }, normal);
		expect(mean(normals)).toBeCloseTo(0, 1);
		expect(mean(normals.map((x) => x * x))).toBeCloseTo(1, 1);
		expect(new Set(Array.from({ length: 200 }, () => integer(-1, 2)))).toEqual(new Set([-1, 0, 1, 2]));
	});

	it("fills tensors of any shape, scaled", () => {
		const [plain, scaled] = [randomTensor([2, 3], 5), randomTensor([2, 3], 5, 2)];
		expect(plain.shape).toEqual([2, 3]);
		expect([...scaled.dataSync()]).toEqual([...plain.dataSync()].map((x) => 2 * x));
	});
});
