import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { extractSnippets, type Snippet } from "./extract-snippets.ts";

const root = join(import.meta.dirname, "../../..");
/** Folders without pages that people wrote. */
const passedOver = [
	"node_modules",
	"dist",
	"api",
	"out",
	"cache",
	".scratch",
	".git",
	".changeset",
	".turbo",
];

/** Every Markdown file that shows programs: the pages of the site, the READMEs, CONTRIBUTING.md. */
export function listPages(folder: string = root): string[] {
	return readdirSync(folder, { withFileTypes: true })
		.sort((a, b) => a.name.localeCompare(b.name))
		.flatMap((entry) => {
			const path = join(folder, entry.name);
			if (entry.isDirectory()) return passedOver.includes(entry.name) ? [] : listPages(path);
			return entry.name.endsWith(".md") ? [path] : [];
		});
}

/** The programs of all pages. */
export function listSnippets(): Snippet[] {
	return listPages().flatMap((path) => extractSnippets(readFileSync(path, "utf8"), relative(root, path)));
}
