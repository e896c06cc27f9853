import { describe, expect, it } from "vitest";
import { maskTokens } from "./mask-tokens.ts";

const options = { vocabularySize: 31, mask: 4, seed: 5, special: [0, 1, 2] };
/** 400 rows of 20 ordinary ids between two special ones. */
const rows = Array.from({ length: 400 }, (_, row) => [
	1,
	...Array.from({ length: 20 }, (_, i) => 5 + ((row * 7 + i * 3) % 26)),
	2,
]);

describe("maskTokens", () => {
	it("chooses 15 % of a row: 80 % masked, 10 % at random, 10 % as they are", () => {
		const { ids, labels } = maskTokens(rows, options);
		const fates = { masked: 0, random: 0, same: 0 };
		rows.forEach((row, r) => {
			const chosen = row.flatMap((_, i) => (labels[r]?.[i] === -1 ? [] : [i]));
			expect(chosen.length).toBe(3);
			row.forEach((id, i) => {
				const now = ids[r]?.[i];
				if (!chosen.includes(i)) {
					expect(now).toBe(id);
					return;
				}
				expect(labels[r]?.[i]).toBe(id);
				expect(id).toBeGreaterThan(4);
				expect(now).toBeGreaterThan(2);
				fates[now === 4 ? "masked" : now === id ? "same" : "random"]++;
			});
		});
		// 1200 were chosen; four standard deviations.
		expect(Math.abs(fates.masked / 1200 - 0.8)).toBeLessThan(0.047);
		expect(Math.abs(fates.random / 1200 - 0.1)).toBeLessThan(0.035);
		expect(Math.abs(fates.same / 1200 - 0.1)).toBeLessThan(0.035);
	});

	it("draws every place, and every ordinary token", () => {
		const { ids, labels } = maskTokens(rows, { ...options, rate: 1 });
		const drawn = new Set(ids.flatMap((row, r) => row.filter((id, i) => id !== rows[r]?.[i])));
		expect([...drawn].sort((a, b) => a - b)).toEqual([3, 4, ...Array.from({ length: 26 }, (_, i) => i + 5)]);
		expect(labels.every((row) => row.slice(1, -1).every((label) => label > 0))).toBe(true);
		const places = new Set(
			maskTokens(rows, options).labels.flatMap((row) => row.flatMap((label, i) => (label < 0 ? [] : [i]))),
		);
		expect(places.size).toBe(20);
	});

	it("draws the same for the same seed, whatever the other rows are", () => {
		const once = maskTokens(rows, options);
		expect(maskTokens(rows, options)).toEqual(once);
		expect(maskTokens(rows.slice(0, 3), options).ids).toEqual(once.ids.slice(0, 3));
		expect(maskTokens(rows, { ...options, seed: 0 })).not.toEqual(once);
		expect(once.ids[0]).not.toBe(rows[0]);
	});

	it("chooses at least one token, if there is one", () => {
		const { labels } = maskTokens([[1, 9, 2], [1, 2], []], options);
		expect(labels).toEqual([[-1, 9, -1], [-1, -1], []]);
	});

	it("refuses ids and options that are none", () => {
		expect(() => maskTokens([[3, 31]], options)).toThrow("maskTokens: rows[0][1] is 31; expected 0 to 30");
		expect(() => maskTokens([[3.5]], options)).toThrow("rows[0][0] is 3.5");
		expect(() => maskTokens(rows, { ...options, mask: 31 })).toThrow("`mask` is 31");
		expect(() => maskTokens(rows, { ...options, rate: 0 })).toThrow("`rate` is 0");
		expect(() => maskTokens(rows, { ...options, seed: -1 })).toThrow("`seed` is -1");
		expect(() => maskTokens(rows, { ...options, special: [40] })).toThrow("`special[0]` is 40");
		expect(() => maskTokens(rows, { ...options, masks: 4 } as never)).toThrow("unknown option `masks`");
	});
});
