import { statSync } from "node:fs";
import { dirname } from "node:path";
import { writeFileAtomically } from "@heed/io/node";
import { type HtmlSection, renderHtml } from "@heed/viz";
import { Option } from "commander";
import { UserError } from "../program/errors.ts";
import { print } from "../terminal/print.ts";
import { prepareFolder } from "./output-folder.ts";

/** What commands know that write a page with what was seen. */
export interface PageOptions {
	/** Where it goes; without it there is none. */
	readonly html?: string;
	readonly json?: true;
}

/** The option of the page. */
export function pageOption(): Option {
	return new Option("--html <file>", "write a page with the pictures and where it looked in them");
}

/**
 * Makes the folder of the page, before any work is done for it.
 *
 * @throws UserError where it cannot be written.
 */
export async function preparePage({ html }: PageOptions): Promise<void> {
	if (html === undefined) return;
	await prepareFolder({ path: dirname(html) }, "--html");
	if (statSync(html, { throwIfNoEntry: false })?.isDirectory()) {
		throw new UserError(`${html}: this is a folder; give --html the name of a file.`);
	}
}

/** Writes the page if it is asked for, and says where it is. */
export async function writePage(
	{ html, json }: PageOptions,
	title: string,
	sections: () => readonly HtmlSection[],
): Promise<void> {
	if (html === undefined) return;
	await writeFileAtomically(html, renderHtml({ title, sections: sections() }));
	if (json !== true) await print(`Pictures: ${html}`);
}
