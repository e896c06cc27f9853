import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { UserError } from "../program/errors.ts";
import { useTerminal } from "../testing/index.ts";
import { preparePage, writePage } from "./page.ts";

const terminal = useTerminal("page", async () => 0);
const { file } = terminal;

it("a page is written where it is asked for, and its folder is made before", async () => {
	const html = file("new/page.html");
	await preparePage({ html });
	expect(existsSync(file("new"))).toBe(true);
	await writePage({ html }, "Seen", () => [{ text: "all" }]);
	expect(readFileSync(html, "utf8")).toContain("<p>all</p>");
	expect(terminal.stdout).toBe(`Pictures: ${html}\n`);
	await writePage({ html, json: true }, "Seen", () => []);
	expect(terminal.stdout).toBe(`Pictures: ${html}\n`);

	await preparePage({});
	await writePage({}, "Seen", () => expect.unreachable());
	await expect(preparePage({ html: file("new") })).rejects.toThrow("new: this is a folder; give --html the");
	writeFileSync(file("taken"), "");
	const blocked = preparePage({ html: file("taken/page.html") });
	await expect(blocked).rejects.toThrow("a file is in the way). Choose another --html.");
	await expect(blocked).rejects.toThrow(UserError);
});
