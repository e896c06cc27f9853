import { readdirSync } from "node:fs";
import { basename, dirname, join, normalize } from "node:path";
import { readSafetensorsFile } from "@heed/io/node";
import { outputFolder } from "./output-folder.ts";

/** So many are named. */
const most = 6;

/**
 * The folders that a user may have meant who named one without a model: those in it that hold a model, or, where there is no such
 * folder, those beside it whose names begin with its name.
 *
 * @param format What the metadata of the models name as their `format`.
 * @returns Their paths, with `…` behind the first few if there are more; nothing where there is none.
 */
export async function modelsNear(folder: string, format: string): Promise<string> {
	const path = normalize(folder).replace(/(?<=.)[/\\]+$/u, "");
	const inside = foldersOf(path);
	const beside = dirname(path);
	const candidates = inside
		? inside.map((name) => join(path, name))
		: (foldersOf(beside) ?? [])
				.filter((name) => name.startsWith(basename(path)))
				.map((name) => join(beside, name));
	const found: string[] = [];
	for (const candidate of candidates) {
		if (!(await holdsModel(candidate, format))) continue;
		if (found.length === most) return `${found.join(", ")}, …`;
		found.push(candidate);
	}
	return found.join(", ");
}

/** The names of the folders in a folder, 2 before 10. Nothing where it cannot be read. */
function foldersOf(path: string): string[] | undefined {
	try {
		const entries = readdirSync(path, { withFileTypes: true });
		const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
		return names.sort(new Intl.Collator("en", { numeric: true }).compare);
	} catch {
		return undefined;
	}
}

/** Whether a whole model of the program lies there. */
async function holdsModel(folder: string, format: string): Promise<boolean> {
	return readSafetensorsFile(outputFolder(folder).model).then(
		({ metadata }) => metadata.get("format") === format,
		() => false,
	);
}
