import { parseBrown } from "@heed/command-line/brown";
import { describe, expect, it } from "vitest";
import { cutAsides, simplifiedBrown } from "./simplify-brown.ts";

const cut = (line: string): string =>
	cutAsides(parseBrown(line)[0] ?? [])
		.map(([word]) => word)
		.join(" ");

describe("cutAsides", () => {
	it.each([
		["brackets", "Ann/np (/( Mrs./np Ray/np )/) left/vbd ./.", "Ann left ."],
		["a name", "His/pp$ wife/nn ,/, Ann/np-tl ,/, left/vbd ./.", "His wife left ."],
		["a description at the end", "It/pps was/bedz Ann/np ,/, a/at clever/jj girl/nn ./.", "It was Ann ."],
		["who", "Ann/np ,/, who/wps lives/vbz here/rn ,/, left/vbd ./.", "Ann left ."],
		["two of them", "Ann/np (/( 23/cd )/) saw/vbd Bob/np ,/, a/at cook/nn ./.", "Ann saw Bob ."],
	])("cuts %s", (_, line, expected) => expect(cut(line)).toBe(expected));

	it.each([
		["a list", "Ann/np ,/, Bob/np ,/, and/cc Cid/np left/vbd ./."],
		["a clause", "Ann/np ,/, the/at cook/nn said/vbd ,/, left/vbd ./."],
		["what is no noun", "She/pps left/vbd ,/, the/at door/nn open/jj ./."],
		["brackets that do not end", "Ann/np (/( Mrs./np Ray/np left/vbd ./."],
	])("leaves %s", (_, line) => expect(cut(line)).toBe(line.replaceAll(/\/\S+/gu, "")));
});

it("makes pairs as they are written, half of them cut", () => {
	const sentences = parseBrown(
		"``/`` Ann/np ,/, a/at cook/nn ,/, left/vbd Mass./np ./. ''/''\nIs/bez she/pps at/in home/nn ?/. ?/.\nNo/rb ./.\n",
	);
	expect(simplifiedBrown([{ name: "ca01", sentences }])).toEqual([
		{ source: '"Ann, a cook, left Mass."', target: '"Ann left Mass."' },
		{ source: "Is she at home?", target: "Is she at home?" },
	]);
});
