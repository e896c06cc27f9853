import { access, constants, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { HeedError } from "@heed/core";
import { makeFolder } from "@heed/io/node";

/**
 * Makes sure that a file can be written, before there is anything to lose: makes its folder when that is missing.
 *
 * @throws HeedError that names the file, when there is a folder in its place, or it cannot be written.
 */
export async function prepareFolder(where: string, path: string): Promise<void> {
	const folder = dirname(path);
	try {
		await makeFolder(folder);
		await access(folder, constants.W_OK);
	} catch (error) {
		const { message } = error as Error;
		throw new HeedError(
			"VALUE",
			where,
			`${path} cannot be written: ${message}. Expected a folder to write to.`,
		);
	}
	if ((await stat(path).catch(() => undefined))?.isDirectory()) {
		throw new HeedError("VALUE", where, `${path} is a folder; expected the name of a file in one.`);
	}
}
