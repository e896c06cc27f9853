import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { masks } from "./masks.ts";
import { normalizers } from "./normalizers.ts";
import { readBackwards } from "./read-backwards.ts";

describe("the pictures", () => {
	beforeAll(() => tf.ready());

	it("show a model that learned to look from the end to the start", async () => {
		const { queryTokens, keyTokens, weights } = await readBackwards();
		expect(queryTokens.join("")).toBe("egabbac");
		const n = keyTokens.length;
		for (let row = 0; row < n; row++) {
			expect(weights[row * n + (n - 1 - row)], `where it looks for letter ${row}`).toBeGreaterThan(0.5);
		}
	});

	it("show normalisers that differ in how many scores keep weight", () => {
		const { queryTokens, keyTokens, weights } = normalizers();
		const n = keyTokens.length;
		const alive = queryTokens.map(
			(_, row) =>
				Array.from(weights)
					.slice(row * n, (row + 1) * n)
					.filter((w) => w > 0).length,
		);
		expect(Object.fromEntries(queryTokens.map((name, row) => [name, alive[row]]))).toEqual({
			softmax: 7,
			entmax15: 4,
			sparsemax: 2,
			"top-3 softmax": 3,
			hardmax: 1,
			sigmoid: 7,
		});
	});

	it("show masks as they are applied", () => {
		const visible = masks().map(({ title, mask }) => [title, Array.from(mask ?? []).filter(Boolean).length]);
		expect(Object.fromEntries(visible)).toEqual({
			"causal: the past and itself": 36, // 8 · 9 / 2
			"window: two before, none after": 21, // 8 · 3 - 3
			"lengths: five real keys": 40, // 8 · 5
			"causal and lengths": 30, // 36 - 3 · 4 / 2
		});
	});
});
