import { describe, expect, it } from "vitest";
import { affixIds } from "./affix-ids.ts";

const options = { buckets: 2 ** 30 }; // so many that no two texts share one
const shared = (a: string, b: string): number[] => {
	const [x, y] = [affixIds(a, options), affixIds(b, options)];
	return x.flatMap((id, place) => (id === y[place] ? [place] : []));
};

describe("affixIds", () => {
	it("gives every word as many ids, within the buckets", () => {
		for (const word of ["", "a", "Washington", "é", "👍🏽", "日本"]) {
			const ids = affixIds(word, { buckets: 5, maxLength: 3 });
			expect(ids).toHaveLength(7);
			for (const id of ids) expect(id).toBeLessThan(5);
		}
		expect(affixIds("a", options)).toHaveLength(9);
	});

	it("tells what words have in common: prefixes by length, suffixes by length, shape", () => {
		expect(shared("Washington", "Wellington")).toEqual([0, 4, 5, 6, 7, 8]);
		expect(shared("walked", "talked")).toEqual([4, 5, 6, 7, 8]);
		expect(shared("unseen", "Unseen")).toEqual([4, 5, 6, 7]); // the case matters, and so does the shape
		expect(shared("abc", "cba")).toEqual([8]);
		expect(shared("1,000", "22,5")).toEqual([8]);
		expect(shared("McKay", "DeVito")).toEqual([8]);
		expect(shared("McKay", "Mckay")).not.toContain(8);
	});

	it("is the same on every machine", () => {
		expect(affixIds("Heed", { buckets: 1000, maxLength: 1 })).toEqual([158, 206, 41]);
	});

	it("says what is wrong", () => {
		expect(() => affixIds("a", { buckets: 0 })).toThrow("`buckets` is 0");
		expect(() => affixIds("a", { buckets: 3, maxLength: 0 })).toThrow("`maxLength` is 0");
		expect(() => affixIds("a", { bucket: 3 } as never)).toThrow("unknown option `bucket`");
	});
});
