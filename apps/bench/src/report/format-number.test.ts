import { describe, expect, it } from "vitest";
import { bytes, short, times } from "./format-number.ts";

describe("numbers in tables", () => {
	it.each([
		[0, "0"],
		[0.001234, "0.00123"],
		[0.9996, "1.00"],
		[1.005, "1.00"],
		[9.996, "10.0"],
		[56.25, "56.3"],
		[794.4, "794"],
		[12_345, "12,300"],
		[Number.NaN, "–"],
	])("%d is %s", (value, text) => expect(short(value)).toBe(text));

	it.each([
		[0, "0"],
		[516, "0.516 kB"],
		[202_400, "202 kB"],
		[16e6, "16.0 MB"],
		[4.3e9, "4.30 GB"],
	])("%d bytes are %s", (value, text) => expect(bytes(value)).toBe(text));

	it("ratios", () => expect(times(14.13)).toBe("14.1×"));
});
