import { expect, test } from "vitest";
import { mixBits } from "./mix-bits.ts";

test("different numbers stay different", () => {
	const mixed = new Set(Array.from({ length: 10_007 }, (_, value) => mixBits(value)));
	expect(mixed.size).toBe(10_007);
});

test("turning one bit turns about half of the bits", () => {
	let turned = 0;
	for (let value = 0; value < 101; value++) {
		for (let bit = 0; bit < 32; bit++) {
			let difference = mixBits(value) ^ mixBits(value ^ (1 << bit));
			for (; difference !== 0; difference &= difference - 1) turned++;
		}
	}
	expect(turned / (101 * 32)).toBeCloseTo(16, 0);
});

test("the lowest 32 bits count, and the result is unsigned", () => {
	expect(mixBits(2 ** 32 + 5)).toBe(mixBits(5));
	expect(mixBits(-1)).toBe(mixBits(0xffffffff));
	for (let value = 0; value < 101; value++) expect(mixBits(value)).toBeGreaterThanOrEqual(0);
});
