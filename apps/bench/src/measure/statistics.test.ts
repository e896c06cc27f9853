import { describe, expect, it } from "vitest";
import { spreadOf } from "./statistics.ts";

describe("spreadOf", () => {
	it.each([
		[[5], { lower: 5, median: 5, upper: 5 }],
		[[3, 1], { lower: 1.5, median: 2, upper: 2.5 }],
		[[4, 1, 3, 2], { lower: 1.75, median: 2.5, upper: 3.25 }], // numpy.percentile([1, 2, 3, 4], [25, 50, 75])
		[[9, 1, 2, 3, 4], { lower: 2, median: 3, upper: 4 }],
	])("of %j", (values, expected) => expect(spreadOf(values)).toEqual(expected));

	it("is not moved by one run that was disturbed, and leaves the values alone", () => {
		const values = [2, 1, 3, 1e6, 2];
		expect(spreadOf(values)).toEqual({ lower: 2, median: 2, upper: 3 });
		expect(values).toEqual([2, 1, 3, 1e6, 2]);
	});
});
