import { constants } from "node:fs";
import { access, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { makeFolder } from "@heed/io/node";
import { UserError } from "../program/errors.ts";

/** The files of a training. */
export interface OutputFolder {
	readonly path: string;
	/** Everything that is needed to go on. */
	readonly checkpoint: string;
	/** All that is needed to use what was learned. */
	readonly model: string;
	/** One line of JSON for each epoch. */
	readonly metrics: string;
	readonly report: string;
}

/** Where a training goes when nothing is said: `out/` and the name of the file without its endings, or of the task. */
export function defaultFolder(data: string | undefined, task: string): string {
	return join("out", data === undefined ? task : basename(data).replace(/(?<=.)\..*$/, ""));
}

/** The paths of a training's folder; nothing is read or made. */
export function outputFolder(path: string): OutputFolder {
	return {
		path,
		checkpoint: join(path, "checkpoint.safetensors"),
		model: join(path, "model.safetensors"),
		metrics: join(path, "metrics.jsonl"),
		report: join(path, "report.html"),
	};
}

/**
 * Sees that a folder fits what the user wants. One that holds a training already is left alone unless the user says
 * what is to become of it.
 *
 * @throws UserError
 */
export async function checkFolder(
	{ path, checkpoint, model }: OutputFolder,
	{ resume = false, overwrite = false }: { readonly resume?: boolean; readonly overwrite?: boolean },
): Promise<void> {
	if (resume && overwrite) throw new UserError("--resume and --overwrite contradict each other; give one.");
	const taken = (await exists(checkpoint)) || (await exists(model));
	if (taken && !resume && !overwrite) {
		throw new UserError(
			`${path} already holds a training. Go on with --resume, start anew with --overwrite, or choose another --out.`,
		);
	}
	if (resume && !(await exists(checkpoint))) {
		throw new UserError(`${path} holds no checkpoint to resume from. Train without --resume first.`);
	}
}

/**
 * Makes a folder and sees that it can be written to.
 *
 * @param choose What the user is told to choose anew if not.
 * @throws UserError
 */
export async function prepareFolder({ path }: Pick<OutputFolder, "path">, choose = "--out"): Promise<void> {
	try {
		await makeFolder(path);
		await access(path, constants.W_OK);
	} catch (error) {
		const { code } = error as NodeJS.ErrnoException;
		const reason = code === "EEXIST" || code === "ENOTDIR" ? "a file is in the way" : code;
		throw new UserError(`${path}: this folder cannot be written to (${reason}). Choose another ${choose}.`, {
			cause: error,
		});
	}
}

/**
 * Makes the folder of a training. Where it begins anew, what an older one has left is removed, or that would pass for its own.
 *
 * @throws UserError
 */
export async function beginFolder(
	folder: OutputFolder,
	{ goesOn }: { readonly goesOn: boolean },
): Promise<void> {
	await prepareFolder(folder);
	if (!goesOn) await clearFolder(folder);
}

/** Removes the files of a training, if there are any. */
export async function clearFolder({ checkpoint, model, metrics, report }: OutputFolder): Promise<void> {
	for (const file of [model, checkpoint, metrics, report]) await rm(file, { force: true });
}

async function exists(path: string): Promise<boolean> {
	return access(path).then(
		() => true,
		() => false,
	);
}
