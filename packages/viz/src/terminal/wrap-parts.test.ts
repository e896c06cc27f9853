import { describe, expect, it } from "vitest";
import { wrapParts } from "./wrap-parts.ts";

describe("wrapParts", () => {
	it.each([
		[40, ["one two   three   four five six"]],
		[16, ["one two   three", "four five six"]],
		[9, ["one two", "three", "four five", "six"]],
		[4, ["one", "two", "thr…", "four", "five", "six"]],
	])("in %i columns", (width, lines) => {
		expect(wrapParts([["one", "two"], ["three"], ["four", "five", "six"]], width)).toEqual(lines);
	});
});
