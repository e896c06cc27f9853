import { describeOnEveryBackend, expectNoLeak } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { blockDiagonalMask } from "./block-diagonal-mask.ts";
import { causalMask } from "./causal-mask.ts";
import { keyLengthMask, paddingMask } from "./padding-mask.ts";
import { slidingWindow, windowMask } from "./window-mask.ts";

/** The rows of a mask as text, `1 0 1`; batch and heads one after the other. */
const rows = (mask: tf.Tensor): string[] => {
	const width = mask.shape.at(-1) ?? 1;
	const bits = [...mask.dataSync()].join("");
	return Array.from({ length: bits.length / width }, (_, i) => bits.slice(i * width, (i + 1) * width));
};

describeOnEveryBackend("causalMask", () => {
	it("aligns the first query with the first key, or where the offset says", () => {
		expect(rows(causalMask(3, 4))).toEqual(["1000", "1100", "1110"]);
		expect(rows(causalMask(3, 4, { queryOffset: 1 }))).toEqual(["1100", "1110", "1111"]);
		expect(rows(causalMask(3, 2, { queryOffset: -2 }))).toEqual(["00", "00", "10"]);
		expect(causalMask(3, 4).dtype).toBe("bool");
	});

	it("takes an offset per batch item", () => {
		const mask = causalMask(2, 3, { queryOffset: [0, 2, -1] });
		expect(mask.shape).toEqual([3, 1, 2, 3]);
		expect(rows(mask)).toEqual(["100", "110", "111", "111", "000", "100"]);
	});

	it("leaves nothing behind and refuses what is no length", () => {
		expectNoLeak(() => causalMask(3, 5, { queryOffset: [1, 2] }));
		expectNoLeak(() => causalMask(0, 5), { throws: true });
		expect(() => causalMask(0, 5)).toThrow(
			"causalMask: `queryLength` is 0; expected a whole number at least 1.",
		);
		expect(() => causalMask(2, 5, { queryOffset: [1, 0.5] })).toThrow("`queryOffset` is 0.5");
		expect(() => causalMask(2, 5, { queryOffset: [] })).toThrow("causalMask: `queryOffset` is empty");
		// @ts-expect-error no such option
		expect(() => causalMask(2, 5, { offset: 1 })).toThrow("causalMask: unknown option `offset`");
	});
});

describeOnEveryBackend("windowMask", () => {
	it("counts keys on both sides of the query, without its own", () => {
		expect(rows(windowMask(3, 5, { left: 0, right: 0 }))).toEqual(["10000", "01000", "00100"]);
		expect(rows(windowMask(3, 5, { left: 1, right: 2 }))).toEqual(["11100", "11110", "01111"]);
		expect(rows(windowMask(3, 5, { left: 1, right: 0, queryOffset: 2 }))).toEqual([
			"01100",
			"00110",
			"00011",
		]);
	});

	it("is open on a side of -1, and the causal mask with {-1, 0}", () => {
		expect(rows(windowMask(2, 3, { left: -1, right: -1 }))).toEqual(["111", "111"]);
		expect(rows(windowMask(2, 3, { left: 0, right: -1 }))).toEqual(["111", "011"]);
		const options = { left: -1, right: 0, queryOffset: [1, 3] };
		expect(rows(windowMask(3, 7, options))).toEqual(rows(causalMask(3, 7, { queryOffset: [1, 3] })));
		expect(windowMask(2, 3, { left: -1, right: -1, queryOffset: [0, 1] }).shape).toEqual([2, 1, 2, 3]);
	});

	it("takes a sliding window that counts the query's own key", () => {
		expect(slidingWindow(2)).toEqual({ left: 1, right: 0 });
		expect(rows(windowMask(4, 4, slidingWindow(2)))).toEqual(["1000", "1100", "0110", "0011"]);
		expect(() => slidingWindow(0)).toThrow("slidingWindow: `total` is 0");
		expect(() => windowMask(2, 2, { left: -2, right: 0 })).toThrow("windowMask: `left` is -2");
		expectNoLeak(() => windowMask(3, 5, { left: 1, right: 2 }));
	});
});

describeOnEveryBackend("paddingMask and keyLengthMask", () => {
	it("mark the leading tokens", () => {
		expect(rows(paddingMask([1, 0, 3], 3))).toEqual(["100", "000", "111"]);
		const mask = keyLengthMask(tf.tensor1d([2, 5], "int32"), 5);
		expect(mask.shape).toEqual([2, 1, 1, 5]);
		expect(rows(mask)).toEqual(["11000", "11111"]);
	});

	it("leave nothing behind and refuse what is no row of lengths", () => {
		expectNoLeak(() => paddingMask([1, 2], 3));
		expectNoLeak(() => keyLengthMask([1, 2], 3));
		expectNoLeak(() => keyLengthMask([1, 4], 3), { throws: true });
		expect(() => keyLengthMask([1, 4], 3)).toThrow("keyLengthMask: `lengths` is 4");
		expect(() => paddingMask([], 3)).toThrow("paddingMask: lengths is empty");
		expect(() => paddingMask(tf.tensor1d([1, 2]), 3)).toThrow(
			"paddingMask: lengths is float32; expected int32",
		);
		// @ts-expect-error not one row
		expect(() => paddingMask(tf.zeros([2, 1], "int32"), 3)).toThrow("lengths [2, 1] has rank 2");
		expect(() => paddingMask([1], 0)).toThrow("paddingMask: `length` is 0");
	});
});

describeOnEveryBackend("blockDiagonalMask", () => {
	it("joins equal segments only", () => {
		const segments = tf.tensor2d(
			[
				[7, 7, 9],
				[0, 5, 0],
			],
			[2, 3],
			"int32",
		);
		const mask = blockDiagonalMask(segments);
		expect(mask.shape).toEqual([2, 1, 3, 3]);
		expect(rows(mask)).toEqual(["110", "110", "001", "101", "010", "101"]);
		expect(rows(blockDiagonalMask(segments, { paddingId: 0 })).slice(3)).toEqual(["000", "010", "000"]);
		const keySegments = tf.tensor2d([[9], [5]], [2, 1], "int32");
		expect(rows(blockDiagonalMask(segments, { keySegments }))).toEqual(["0", "0", "1", "0", "1", "0"]);
		expectNoLeak(() => blockDiagonalMask(segments, { paddingId: 0 }));
	});

	it("refuses segments that do not fit", () => {
		const segments = tf.zeros<tf.Rank.R2>([2, 3], "int32");
		expect(() => blockDiagonalMask(tf.zeros([2, 3]))).toThrow("blockDiagonalMask: querySegments is float32");
		const keySegments = tf.zeros<tf.Rank.R2>([3, 3], "int32");
		expect(() => blockDiagonalMask(segments, { keySegments })).toThrow(
			"blockDiagonalMask: keySegments [batch 3, keyLength 3] does not match querySegments [batch 2, queryLength 3]: expected batch 2.",
		);
	});
});
