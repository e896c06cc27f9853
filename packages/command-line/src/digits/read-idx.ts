import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { readBytes } from "../files/read-text.ts";
import { UserError } from "../program/errors.ts";
import type { ImageSets, LabelledImages } from "./labelled-images.ts";

/**
 * Reads a folder that holds pictures in MNIST's form: `train-images-idx3-ubyte`, `train-labels-idx1-ubyte` and the same with
 * `t10k`, each as it is or as `.gz`. Fashion-MNIST and others come in the same form.
 *
 * @throws UserError when a file is missing or is none of the form.
 */
export function readIdxFolder(folder: string): ImageSets {
	const sets = { train: readSet(folder, "train"), test: readSet(folder, "t10k") };
	const sizes = Object.values(sets).map(({ height, width }) => `${height} × ${width}`);
	if (sizes[0] !== sizes[1]) {
		throw new UserError(`${folder}: pictures of ${sizes[0]} to train with and of ${sizes[1]} to judge with.`);
	}
	return sets;
}

function readSet(folder: string, name: string): LabelledImages {
	const pictures = readIdx(findFile(folder, `${name}-images-idx3-ubyte`), 3);
	const classes = readIdx(findFile(folder, `${name}-labels-idx1-ubyte`), 1);
	const [count = 0, height = 0, width = 0] = pictures.shape;
	if (count !== classes.shape[0]) {
		throw new UserError(`${folder}: ${count} ${name} pictures with ${classes.shape[0]} labels.`);
	}
	if (count * height * width === 0) throw new UserError(`${folder}: there are no ${name} pictures.`);
	return { images: pictures.data, labels: classes.data, count, height, width };
}

/** Unpackers write the name with a dot, too: `train-images.idx3-ubyte`. */
function findFile(folder: string, name: string): string {
	const names = [name, name.replace(/-(idx\d)/u, ".$1")].flatMap((plain) => [plain, `${plain}.gz`]);
	const found = names.map((candidate) => join(folder, candidate)).find(existsSync);
	if (found !== undefined) return found;
	if (!existsSync(folder)) throw new UserError(`${folder}: there is no such folder.`);
	const here = readdirSync(folder).filter((file) => file.includes("ubyte"));
	const others = here.length === 0 ? "" : ` It holds ${here.join(", ")}.`;
	throw new UserError(`${folder}: there is no ${name} or ${name}.gz.${others}`);
}

/** An IDX file of bytes: 0, 0, the type, the rank, the sizes as 32 bits each, the data; the highest byte stands first. */
function readIdx(
	path: string,
	rank: number,
): { readonly data: Uint8Array; readonly shape: readonly number[] } {
	const bytes = readBytes(path);
	const header = 4 + 4 * rank;
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	if (bytes.length < header || view.getUint32(0) !== 0x0800 + rank) {
		throw new UserError(
			`${path}: this is no IDX file of bytes with ${rank === 1 ? "one axis" : `${rank} axes`}.`,
		);
	}
	const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
	const size = shape.reduce((product, length) => product * length, 1);
	if (bytes.length !== header + size) {
		throw new UserError(
			`${path}: ${bytes.length} bytes; its header says ${shape.join(" × ")}, which is ${header + size}.`,
		);
	}
	return { data: Uint8Array.from(bytes.subarray(header)), shape };
}
