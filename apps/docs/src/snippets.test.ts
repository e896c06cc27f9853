import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { checkTypes } from "./check-types.ts";
import { listSnippets } from "./pages.ts";
import { bundlePrograms, runProgram } from "./run-programs.ts";

// Inside the app, so that the programs find the packages that they import.
const folder = join(import.meta.dirname, "../.vitepress/cache/snippets");
const snippets = listSnippets();
const typed = snippets
	.filter(({ skipped, checked }) => skipped === undefined || checked === true)
	.map((snippet) => ({ ...snippet, name: snippet.place.replaceAll(/[^\w]+/g, "-").toLowerCase() }));
const programs = typed.filter(({ skipped }) => skipped === undefined);
const sourceOf = (name: string): string => join(folder, `${name}.ts`);

describe("the programs on the pages", () => {
	beforeAll(async () => {
		rmSync(folder, { recursive: true, force: true });
		mkdirSync(folder, { recursive: true });
		for (const { name, code } of typed) writeFileSync(sourceOf(name), `${code}\nexport {};\n`);
	});

	it("are there", () => {
		const skipped = snippets.filter((snippet) => snippet.skipped !== undefined);
		console.log(
			`${programs.length} programs on the pages are checked and run, ${skipped.length} are not run:`,
		);
		for (const { place, skipped: reason, checked } of skipped) {
			console.log(`  ${place}: ${reason}${checked === true ? " (its types are checked)" : ""}`);
		}
		expect(programs.length).toBeGreaterThan(0);
	});

	it("hold the types", () => {
		const problems = checkTypes(typed.map(({ name }) => sourceOf(name)));
		const told = typed.flatMap(({ name, place }) =>
			(problems.get(sourceOf(name)) ?? []).map((problem) => `${place}: ${problem}`),
		);
		expect(told).toEqual([]);
	});

	describe.concurrent("run and print what their comments say", () => {
		beforeAll(async () => {
			await bundlePrograms(
				programs.map(({ name }) => sourceOf(name)),
				join(folder, "dist"),
			);
		});

		it.each(programs)("$place", async ({ name, prints }) => {
			const { stdout, stderr, ok } = await runProgram(join(folder, "dist", `${name}.js`));
			expect(ok, stderr).toBe(true);
			expect(stdout.trim(), "a program prints something").not.toBe("");
			let rest = bare(stdout);
			for (const expected of prints) {
				const at = rest.indexOf(bare(expected));
				expect(at, `'${expected}' is missing in:\n${stdout}`).toBeGreaterThanOrEqual(0);
				rest = rest.slice(at + bare(expected).length);
			}
		});
	});
});

/** Text without the spaces and quotation marks in which pages differ from Node. */
function bare(text: string): string {
	return text.replaceAll(/[\s'"`]/g, "");
}
