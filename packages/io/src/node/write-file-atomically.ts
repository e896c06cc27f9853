import { randomUUID } from "node:crypto";
import { open, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Writes a file so that at every moment, power cuts included, its path holds either the old content or the new one,
 * whole:
 *
 *     temporary file in the same folder → fsync → rename over the path → fsync of the folder
 *
 * A failure removes the temporary file and leaves the old file as it was; only a killed process can leave a temporary
 * file (`.NAME.UUID.tmp`) behind. A symbolic link is followed, and the old file's permissions are kept.
 *
 * @throws The error of the file system, for instance ENOENT when the folder does not exist.
 */
export async function writeFileAtomically(path: string, content: Uint8Array | string): Promise<void> {
	const target = await realpath(path).catch(() => path);
	const folder = dirname(target);
	const old = await stat(target).catch(() => undefined);
	const temporary = join(folder, `.${basename(target)}.${randomUUID()}.tmp`);
	try {
		const file = await open(temporary, "wx", old === undefined ? 0o666 : 0o600);
		try {
			if (old !== undefined) await file.chmod(old.mode & 0o777);
			await file.writeFile(content);
			await file.sync();
		} finally {
			await file.close();
		}
		await rename(temporary, target);
	} catch (error) {
		await rm(temporary, { force: true });
		throw error;
	}
	// Windows cannot open a folder; there the rename is as durable as the file system makes it.
	if (process.platform === "win32") return;
	const handle = await open(folder, "r");
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}
