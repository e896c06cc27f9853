import { describe, expect, it } from "vitest";
import { digest } from "./digest.ts";

describe("digest", () => {
	it("is the CRC-32 that others compute", () => {
		expect(digest("123456789", [])).toBe("cbf43926"); // the check value of CRC-32/ISO-HDLC
		expect(digest("", [])).toBe("00000000");
	});

	it("covers names, shapes and numbers, in whatever order they come", () => {
		const tensor = (shape: number[], ...data: number[]) =>
			({ dtype: "F32", shape, data: Float32Array.from(data) }) as const;
		const a = ["a", tensor([2], 1, 2)] as const;
		const b = ["b", tensor([1], 3)] as const;
		const all = [
			digest("", [a, b]),
			digest("x", [a, b]),
			digest("", [a]),
			digest("", [a, ["c", b[1]]]),
			digest("", [["a", tensor([2, 1], 1, 2)], b]),
			digest("", [["a", tensor([2], 1, 2.0000002)], b]),
		];
		expect(new Set(all).size).toBe(all.length);
		expect(digest("", [b, a])).toBe(all[0]);
	});
});
