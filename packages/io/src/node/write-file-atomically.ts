import { randomUUID } from "node:crypto";
import { open, readlink, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

/**
 * Writes a file so that at every moment, power cuts included, its path holds either the old content or the new one,
 * whole:
 *
 *     temporary file in the same folder → fsync → rename over the path → fsync of the folder
 *
 * A failure removes the temporary file and leaves the old file as it was; only a killed process can leave a temporary
 * file (`.NAME.UUID.tmp`) behind. A symbolic link is followed, and the old file's permissions are kept. Where the system
 * does not let a folder be synced, the last step is left out.
 *
 * @throws The error of the file system, for instance ENOENT when the folder does not exist; an error that names the path
 *   when there is something else than a file, such as a folder or a device.
 */
export async function writeFileAtomically(path: string, content: Uint8Array | string): Promise<void> {
	const target = await resolveLinks(path);
	const folder = dirname(target);
	const old = await stat(target).catch(unlessAbsent);
	// Renaming over a device or a pipe would replace it by a file; over a folder it fails only after all is written.
	if (old !== undefined && !old.isFile()) {
		throw new Error(
			`writeFileAtomically: ${path} is not a file, so it is not replaced. Give the path of a file.`,
		);
	}
	// 50 characters are at most 200 bytes: with the rest, within the 255 of most file systems.
	const name = [...basename(target)].slice(0, 50).join("");
	const temporary = join(folder, `.${name}.${randomUUID()}.tmp`);
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
		throw namingPath(error as NodeJS.ErrnoException, temporary, path);
	}
	await syncFolder(folder);
}

/** The same error, about the path that the caller knows in place of the temporary one. */
function namingPath(error: NodeJS.ErrnoException, temporary: string, path: string): NodeJS.ErrnoException {
	error.message = error.message.replaceAll(temporary, path);
	if (error.path === temporary) error.path = path;
	return error;
}

/** The file itself behind any symbolic links, one that does not exist yet too. Loops and the like are errors. */
async function resolveLinks(path: string): Promise<string> {
	const found = await realpath(path).catch(unlessAbsent);
	if (found !== undefined) return found;
	const link = await readlink(path).catch(() => undefined);
	if (link === undefined) return path;
	return resolveLinks(resolve(await realpath(dirname(path)), link));
}

function unlessAbsent(error: NodeJS.ErrnoException): undefined {
	if (error.code !== "ENOENT") throw error;
}

/** Not every system lets a folder be opened or synced. The file is in place by then, so that is no failure. */
async function syncFolder(folder: string): Promise<void> {
	try {
		const handle = await open(folder, "r");
		try {
			await handle.sync();
		} finally {
			await handle.close();
		}
	} catch (error) {
		const { code = "" } = error as NodeJS.ErrnoException;
		if (!["EACCES", "EPERM", "EINVAL", "EISDIR", "ENOTSUP"].includes(code)) throw error;
	}
}
