import { readText, UserError } from "@heed/command-line";
import type { TaggedSentence } from "./tagged-sentence.ts";

/** Which columns hold what. */
export interface ConllColumns {
	/** The column of the words, from 1; 0: the second of CoNLL-U's ten, else the first. */
	readonly wordColumn: number;
	/** The column of the tags, from 1; 0: the fourth of CoNLL-U's ten, else the last. */
	readonly tagColumn: number;
}

/**
 * Reads a file of one word per line, see {@link parseConll}; `.gz` too.
 *
 * @throws UserError for a file that cannot be read, or a line without a word and a tag.
 */
export function readConll(path: string, columns: ConllColumns): TaggedSentence[] {
	return parseConll(readText(path, "a file of tagged words"), path, columns);
}

/**
 * Reads one word per line, columns between tabs (or spaces, where a line has no tab), and a line without a word between
 * sentences. Passed over: comments, which start with `#` and have no tab, lines of `-DOCSTART-`, and in CoNLL-U (ten columns)
 * contractions and empty nodes, whose ids are `1-2` and `1.1`.
 */
export function parseConll(text: string, path: string, columns: ConllColumns): TaggedSentence[] {
	const sentences: TaggedSentence[] = [];
	let words: string[] = [];
	let tags: string[] = [];
	text.split(/\r?\n/u).forEach((line, index) => {
		if (line.trim() !== "") {
			const pair = isComment(line, words.length)
				? undefined
				: readLine(line, `${path}:${index + 1}`, columns);
			words.push(...(pair?.slice(0, 1) ?? []));
			tags.push(...(pair?.slice(1) ?? []));
		} else if (words.length > 0) {
			sentences.push({ words, tags });
			words = [];
			tags = [];
		}
	});
	if (words.length > 0) sentences.push({ words, tags });
	if (sentences.length > 0) return sentences;
	throw new UserError(`${path}: there is no tagged word; expected lines of word<TAB>tag.`);
}

/** The word and the tag of a line, or nothing for a line that is no word of its own. */
function readLine(
	line: string,
	place: string,
	{ wordColumn, tagColumn }: ConllColumns,
): [word: string, tag: string] | undefined {
	const cells = line.includes("\t") ? line.split("\t") : line.trim().split(/ +/u);
	const isConllU = cells.length === 10;
	if (cells[0] === "-DOCSTART-" || (isConllU && /^\d+[-.]\d+$/u.test(cells[0] ?? ""))) return undefined;
	const word = cells[(wordColumn || (isConllU ? 2 : 1)) - 1]?.trim();
	const tag = cells[(tagColumn || (isConllU ? 4 : cells.length)) - 1]?.trim();
	if (cells.length > 1 && word && tag) return [word, tag];
	const came = `${cells.length} column${cells.length === 1 ? "" : "s"}`;
	const wanted =
		wordColumn || tagColumn
			? `a word in column ${wordColumn || 1} and a tag in column ${tagColumn || cells.length}`
			: "a word and a tag, with a tab between them";
	throw new UserError(`${place}: ${came}; expected ${wanted}.`);
}

/** `# text = …` is a comment; `#hashtag O` within a sentence is a word. */
function isComment(line: string, wordsSoFar: number): boolean {
	return line.startsWith("#") && !line.includes("\t") && (wordsSoFar === 0 || line.startsWith("# "));
}
