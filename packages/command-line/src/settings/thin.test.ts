import { expect, it } from "vitest";
import { thin } from "./thin.ts";

it("some of a list are evenly chosen", () => {
	const items = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
	expect(thin(items, 3)).toEqual([0, 3, 6]);
	expect(thin(items, 7)).toEqual([0, 1, 2, 4, 5, 7, 8]);
	expect([thin(items, 1), thin(items, 0), thin(items, 10), thin([], 3)]).toEqual([[0], items, items, []]);
});
