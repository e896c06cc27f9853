import { useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, test } from "vitest";
import { mixBits } from "../random/mix-bits.ts";
import { dropoutFactors, dropoutHash, dropoutKey } from "./dropout-mask.ts";

describe("dropout hash", () => {
	useBackend("cpu");

	test("gives the published bits, so that every backend can be held against them", () => {
		expect([1, 2, 3].map((x) => mixBits(x).toString(16))).toEqual(["688990c0", "d1132181", "53f1e9dd"]);
		expect(dropoutHash({ low: 1, high: 2 }, 3, 4, 5).toString(16)).toBe("b2667ddd");
		expect(dropoutHash({ low: 0xdeadbeef, high: 0x12345678 }, 7, 1023, 2047).toString(16)).toBe("a8ee7971");
		expect(dropoutHash({ low: 0, high: 0 }, 0, 0, 0)).toBe(0);
	});

	test("has a key of its own for every seed, 0 and seeds beyond 32 bits included", () => {
		const seeds = [0, 1, 2, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 40, 2 ** 52 + 1];
		const keys = seeds.map((seed) => JSON.stringify(dropoutKey(seed)));
		expect(new Set(keys).size).toBe(seeds.length);
		expect(dropoutKey(0)).not.toEqual({ low: 0, high: 0 });
	});

	test("drops the wanted share, evenly over rows, columns and heads, and scales the rest", () => {
		const factors = dropoutFactors(dropoutKey(0), 0.25, 4, [0, 128], [0, 128]);
		const values = factors.dataSync();
		expect(new Set(values)).toEqual(new Set([0, Math.fround(1 / 0.75)]));
		const share = (part: tf.Tensor): number => 1 - Number(tf.mean(tf.mul(part, 0.75)).dataSync()[0]);
		expect(share(factors)).toBeGreaterThan(0.24);
		expect(share(factors)).toBeLessThan(0.26);
		for (let head = 0; head < 4; head++) expect(share(tf.slice(factors, [head], [1]))).toBeCloseTo(0.25, 1);
	});

	test("does not depend on how the problem is cut into blocks", () => {
		const key = dropoutKey(42);
		const whole = dropoutFactors(key, 0.5, 3, [0, 11], [0, 13]);
		const block = dropoutFactors(key, 0.5, 3, [4, 9], [2, 13]);
		expect([...block.dataSync()]).toEqual([...tf.slice3d(whole, [0, 4, 2], [3, 5, 11]).dataSync()]);
	});
});
