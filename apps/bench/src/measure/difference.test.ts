import { describe, expect, it } from "vitest";
import { difference } from "./difference.ts";

const expected = [
	[1, -2, 0.5],
	[1e-9, 0],
];

describe("difference", () => {
	it("accepts rounding, and noise where a tensor is zero but for noise", () => {
		expect(difference(expected, expected)).toBeUndefined();
		expect(difference([[1.0001, -2, 0.5], expected[1] ?? []], expected)).toBeUndefined();
		expect(difference([expected[0] ?? [], [-5e-7, 3e-7]], expected)).toBeUndefined();
		expect(difference([[], []], [[], []])).toBeUndefined();
	});

	it.each([
		[
			[
				[1, -2, 0.501],
				[0, 0],
			],
			"result 0 is 0.501000 at 2 where heed has 0.500000; 2.0e-4 is allowed",
		],
		[
			[
				[1, -2, 0.5],
				[0, 1e-5],
			],
			"result 1 is 0.0000100000 at 1 where heed has 0.00000; 2.0e-6 is allowed",
		],
		[
			[
				[1, Number.NaN, 0.5],
				[0, 0],
			],
			"result 0 is NaN at 1 where heed has -2.00000",
		],
		[
			[
				[1, -2, Number.POSITIVE_INFINITY],
				[0, 0],
			],
			"result 0 is Infinity at 2",
		],
		[
			[
				[1, -2],
				[0, 0],
			],
			"result 0 has 2 numbers, 3 were expected",
		],
		[[[1, -2, 0.5]], "1 results came, 2 were expected"],
	])("says what is wrong with %j", (found, message) =>
		expect(difference(found, expected)).toContain(message),
	);
});
