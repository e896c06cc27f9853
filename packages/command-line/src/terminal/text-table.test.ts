import { expect, test } from "vitest";
import { textTable } from "./text-table.ts";

test("columns stand below each other, left or right, and no line ends in spaces", () => {
	const lines = [
		["name", "n"],
		["a", 12],
		["longer", ""],
	];
	expect(textTable(lines)).toBe("name    n\na       12\nlonger");
	expect(textTable(lines, { align: "right" })).toBe("name     n\na       12\nlonger");
	expect(textTable([])).toBe("");
});
