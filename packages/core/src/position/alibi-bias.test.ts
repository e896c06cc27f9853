import { describeOnEveryBackend, expectClose, expectNoLeak } from "@heed/testing";
import { expect, it } from "vitest";
import { alibiBias, alibiSlopes } from "./alibi-bias.ts";

describeOnEveryBackend("alibiSlopes and alibiBias", () => {
	it("fall by powers of two, with slopes in between for other numbers of heads", () => {
		expectClose(alibiSlopes(4), [2 ** -2, 2 ** -4, 2 ** -6, 2 ** -8], { atol: 0 });
		expectClose(alibiSlopes(1), [2 ** -8], { atol: 0 });
		expectClose(alibiSlopes(6), [2 ** -2, 2 ** -4, 2 ** -6, 2 ** -8, 2 ** -1, 2 ** -3], { atol: 0 });
		expectClose(alibiSlopes(2, { maxBias: 4 }), [2 ** -2, 2 ** -4], { atol: 0 });
	});

	it("lower the score by the distance from the query's position", () => {
		const bias = alibiBias(2, 2, 3, { queryOffset: 1 });
		expect(bias.shape).toEqual([1, 2, 2, 3]);
		const distances = [1, 0, 1, 2, 1, 0];
		expectClose(bias, [...distances.map((d) => -d / 16), ...distances.map((d) => -d / 256)], { atol: 0 });
		const items = alibiBias(2, 2, 3, { queryOffset: [0, 1] });
		expect(items.shape).toEqual([2, 2, 2, 3]);
		expectClose(items.dataSync().slice(12), bias.dataSync(), { atol: 0 });
	});

	it("leave nothing behind and refuse what is no count", () => {
		expectNoLeak(() => alibiBias(3, 5, 7));
		expectNoLeak(() => alibiSlopes(3));
		expectNoLeak(() => alibiBias(0, 5, 7), { throws: true });
		expect(() => alibiBias(0, 5, 7)).toThrow("alibiBias: `heads` is 0");
		expect(() => alibiSlopes(2, { maxBias: 0 })).toThrow("alibiSlopes: `maxBias` is 0");
		expect(() => alibiBias(2, 5, 0)).toThrow("alibiBias: `keyLength` is 0");
	});
});
