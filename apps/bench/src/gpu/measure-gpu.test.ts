import { describe, expect, it } from "vitest";
import { withRates } from "./measure-gpu.ts";

const peak = { teraflops: 2, gigabytes: 50 };

describe("the rates of a row", () => {
	it("are operations, and their share of the peak of multiply-adds", () => {
		const row = {
			task: "forward",
			size: [1, 2, 2, 1000, 1000, 50],
			contender: "heed",
			milliseconds: 4,
		} as const;
		expect(withRates(row, peak)).toEqual({ ...row, teraflops: 0.1, share: 0.05 });
	});

	it("are bytes of keys and values for decoding, and their share of the peak of a copy", () => {
		const row = {
			task: "decode",
			size: [1, 8, 2, 1, 1000, 50],
			contender: "heed",
			milliseconds: 0.02,
		} as const;
		expect(withRates(row, peak)).toEqual({ ...row, gigabytes: 40, share: 0.8 });
	});

	it("are none without a time", () => {
		const row = { task: "decode", size: [1, 8, 2, 1, 1000, 50], contender: "other", failed: "lost" } as const;
		expect(withRates(row, peak)).toBe(row);
	});
});
