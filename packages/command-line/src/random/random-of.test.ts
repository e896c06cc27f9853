import { expect, test } from "vitest";
import { randomOf } from "./random-of.ts";

const first = (...key: (number | string)[]): number[] => {
	const random = randomOf(...key);
	return Array.from({ length: 5 }, () => random.next());
};

test("the key alone decides, each part of it and their order", () => {
	expect(first(3, "scene", 5)).toEqual(first(3, "scene", 5));
	const keys = [
		[3, "scene", 5],
		[3, "scene", 6],
		[4, "scene", 5],
		[5, "scene", 3],
		[3, "scenes", 5],
		[3, 5],
		[],
		[0],
		[0, 0],
	];
	const drawn = keys.map((key) => first(...key).join(" "));
	expect(new Set(drawn).size).toBe(keys.length);
	expect(first("ab", "c")).not.toEqual(first("a", "bc"));
});

test("numbers are spread evenly over their range, whatever neighbouring keys are drawn from", () => {
	const counts = new Array<number>(7).fill(0);
	for (let key = 0; key < 7001; key++) {
		const value = randomOf(key).below(7);
		counts[value] = (counts[value] ?? 0) + 1;
	}
	// A chi-squared statistic of 6 degrees of freedom is below 22.5 in 999 of 1000 cases.
	const surprise = counts.reduce((sum, count) => sum + (count - 7001 / 7) ** 2 / (7001 / 7), 0);
	expect(surprise).toBeLessThan(22.5);
	const random = randomOf("between");
	const between = Array.from({ length: 1000 }, () => random.between(-3, 2));
	expect(Math.min(...between)).toBeGreaterThanOrEqual(-3);
	expect(Math.max(...between)).toBeLessThan(2);
	expect(between.reduce((sum, value) => sum + value, 0) / 1000).toBeCloseTo(-0.5, 0);
	expect(Array.from({ length: 1000 }, () => random.chance(0.2)).filter(Boolean).length / 1000).toBeCloseTo(
		0.2,
		1,
	);
});

test("a sample has nothing twice and no more than there is", () => {
	const random = randomOf(1, "sample");
	expect(random.sample([2, 3, 5, 7], 9).sort()).toEqual([2, 3, 5, 7]);
	expect(new Set(random.sample([2, 3, 5, 7], 3)).size).toBe(3);
	expect([2, 3, 5]).toContain(random.pick([2, 3, 5]));
	expect(() => random.pick([])).toThrow("nothing to pick from");
});
