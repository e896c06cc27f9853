import { expect, it } from "vitest";
import { settingsFor } from "./settings.ts";
import { taskData } from "./task-data.ts";

it("judges by the same scenes whatever is learned from", () => {
	const dataOf = (given: object) => taskData(settingsFor("scenes", { size: 8, heldOut: 3, ...given }), {});
	const [one, other] = [dataOf({ seed: 1, limit: 2 }), dataOf({ seed: 2, limit: 30 })];
	expect(one.heldOut.map(({ pictures }) => pictures.length)).toEqual([3, 3]);
	expect(one.heldOut).toEqual(other.heldOut);
	expect(one.train[0]?.pixels).not.toEqual(other.train[0]?.pixels);
});
