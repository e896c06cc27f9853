import { expect, it } from "vitest";
import { rounded, roundedRows } from "./rounded.ts";

it("numbers are printed with six places, in rows", () => {
	expect([rounded(1 / 3), rounded(2e-7), rounded(-5)]).toEqual([0.333333, 0, -5]);
	expect(roundedRows(Float32Array.of(0.1, 0.2, 0.3, 0.4, 0.5, 0.6), 3)).toEqual([
		[0.1, 0.2, 0.3],
		[0.4, 0.5, 0.6],
	]);
	expect(roundedRows([], 0)).toEqual([]);
});
