import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Makes a folder and those above it that are missing; one that is there is left as it is.
 *
 * Node's own `mkdir` with `recursive` never returns where a folder refuses children by saying that it is not there itself, as
 * `/proc` does.
 *
 * @throws The error of the file system, with its `code`.
 */
export async function makeFolder(path: string): Promise<void> {
	try {
		await mkdir(path);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		if ((await stat(path).catch(() => undefined))?.isDirectory()) return;
		const parent = dirname(path);
		if (code !== "ENOENT" || parent === path) throw error;
		await makeFolder(parent);
		await mkdir(path).catch(async (second: unknown) => {
			// Somebody else may have been quicker.
			if (!(await stat(path).catch(() => undefined))?.isDirectory()) throw second;
		});
	}
}
