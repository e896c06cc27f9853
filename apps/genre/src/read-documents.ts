import { basename } from "node:path";
import { readText, UserError } from "@heed/command-line";
import type { LabelledDocument } from "./document.ts";
import { sentencesOf } from "./split-text.ts";

/**
 * Reads documents: one per line, `label<TAB>text` or `{"label": …, "text": …}`; UTF-8, compressed when the name ends in `.gz`. Empty
 * lines are passed over, equal documents kept once.
 *
 * @throws UserError for a file that cannot be read, is no UTF-8 text, or has a line that is no document.
 */
export function readDocuments(path: string): LabelledDocument[] {
	const documents = new Map<string, LabelledDocument>();
	readText(path, "a file of label<TAB>text lines")
		.split(/\r?\n/u)
		.forEach((line, index) => {
			if (line.trim() === "") return;
			const [label, text] = parseLine(line, `${path}:${index + 1}`);
			const sentences = sentencesOf(text);
			if (label === "" || sentences.length === 0) {
				const what = label === "" ? "the label is empty" : "the text has no word";
				throw new UserError(`${path}:${index + 1}: ${what}; expected label<TAB>text.`);
			}
			const id = `${basename(path)}:${index + 1}`;
			const key = `${label}\t${text}`;
			if (!documents.has(key)) documents.set(key, { id, key: text.toLowerCase(), label, sentences });
		});
	if (documents.size > 0) return [...documents.values()];
	throw new UserError(`${path}: the file is empty; expected lines of label<TAB>text, or of JSON.`);
}

function parseLine(line: string, place: string): [label: string, text: string] {
	if (line.trimStart().startsWith("{")) return parseJson(line, place);
	const tab = line.indexOf("\t");
	if (tab >= 0) return [line.slice(0, tab).trim(), line.slice(tab + 1).trim()];
	throw new UserError(`${place}: there is no tab; expected label<TAB>text, or {"label": …, "text": …}.`);
}

function parseJson(line: string, place: string): [label: string, text: string] {
	let document: { label?: unknown; text?: unknown };
	try {
		document = JSON.parse(line) as typeof document;
	} catch (error) {
		throw new UserError(`${place}: this is no JSON (${(error as Error).message}).`, { cause: error });
	}
	const { label, text } = document;
	if (typeof label === "string" && typeof text === "string") return [label.trim(), text.trim()];
	throw new UserError(`${place}: expected {"label": …, "text": …} with two texts.`);
}
