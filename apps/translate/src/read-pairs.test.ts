import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { UserError } from "@heed/command-line";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readPairs } from "./read-pairs.ts";

let folder = "";
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "heed-translate-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, content: string | Uint8Array): string => {
	const path = join(folder, name);
	writeFileSync(path, content);
	return path;
};
const lines = Array.from({ length: 300 }, (_, i) => `Word ${i >> 1}.\tOrd ${i}.\tby somebody`);

describe("readPairs", () => {
	it("reads two columns, ignores the rest, and holds out whole sentences", () => {
		const { train, heldOut } = readPairs(file("a.tsv", `${lines.join("\r\n")}\r\n\r\n`));
		expect(train.length + heldOut.length).toBe(300);
		expect(train[0]).toEqual({ source: "Word 0.", target: "Ord 0." });
		const held = new Set(heldOut.map(({ source }) => source));
		expect(heldOut.length).toBe(2 * held.size);
		expect(train.some(({ source }) => held.has(source))).toBe(false);
	});

	it("reads gzip, drops repeated pairs and a byte order mark", () => {
		const text = `\ufeff${[...lines, ...lines].join("\n")}`;
		const { train, heldOut } = readPairs(file("a.tsv.gz", gzipSync(text)));
		expect(train.length + heldOut.length).toBe(300);
		expect(train[0]?.source).toBe("Word 0.");
	});

	it("reads the other way round with the same lines held out", () => {
		const path = file("a.tsv", lines.join("\n"));
		const turned = readPairs(path, { reverse: true }).heldOut;
		expect(turned.map(({ source, target }) => ({ source: target, target: source }))).toEqual(
			readPairs(path).heldOut,
		);
	});

	it("keeps a limited number from the whole file", () => {
		const { train, heldOut } = readPairs(file("a.tsv", lines.join("\n")), { limit: 100 });
		expect(train.length + heldOut.length).toBe(100);
		expect([...train, ...heldOut].some(({ target }) => target === "Ord 297.")).toBe(true);
	});

	it.each([
		["no tab", "a\tb\nno tab here\n", ":2: there is no tab; expected source<TAB>target."],
		["an empty side", "a\tb\n\nc\t \n", ":3: one side is empty"],
		["an empty file", "\n  \n", "the file is empty"],
		["too few pairs", "a\tb\n", "1 pairs are too few"],
		["no UTF-8", Uint8Array.of(0x61, 0x09, 0xff), "this is not UTF-8 text"],
	])("refuses %s", (_, content, message) => {
		const path = file("bad.tsv", content);
		expect(() => readPairs(path)).toThrow(UserError);
		expect(() => readPairs(path)).toThrow(message);
		expect(() => readPairs(path)).toThrow(path);
	});

	it("refuses a file that is absent, a folder, and a damaged archive", () => {
		expect(() => readPairs(join(folder, "absent.tsv"))).toThrow("there is no such file");
		expect(() => readPairs(folder)).toThrow("this is a folder");
		const whole = gzipSync(lines.join("\n"));
		expect(() => readPairs(file("cut.tsv.gz", whole.subarray(0, 60)))).toThrow(
			"not a gzip file, or it is damaged",
		);
		expect(() => readPairs(file("plain.tsv.gz", "a\tb"))).toThrow("not a gzip file, or it is damaged");
	});
});
