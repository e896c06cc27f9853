import { expect, test } from "vitest";
import { seedFor } from "./seed.ts";

test("every seed and every path has a seed of its own, 0 and those beyond 32 bits included", () => {
	const seeds = [0, 1, 2, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 52 + 1];
	const paths = ["query/kernel", "key/kernel", "dropout/0", "dropout/1"];
	const all = seeds.flatMap((seed) => paths.map((path) => seedFor(seed, path)));
	expect(new Set(all).size).toBe(seeds.length * paths.length);
	for (const seed of all) expect(Number.isInteger(seed) && seed > 0 && seed < 2 ** 31).toBe(true);
});

test("the same seed and path give the same; no seed gives another each time", () => {
	expect(seedFor(7, "query/kernel")).toBe(seedFor(7, "query/kernel"));
	const unseeded = new Set(Array.from({ length: 20 }, () => seedFor(undefined, "query/kernel")));
	expect(unseeded.size).toBeGreaterThan(15);
});
