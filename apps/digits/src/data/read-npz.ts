import { readBytes, UserError } from "@heed/command-line";
import type { LabelledImages } from "@heed/command-line/digits";
import { unzipSync } from "fflate";

/** Pictures of an archive, with their own validation. */
export interface NpzSets {
	readonly train: LabelledImages;
	readonly validation: LabelledImages;
	readonly test: LabelledImages;
}

/**
 * Reads a NumPy archive with `X_train`, `y_train` and the same with `valid` and `test`: pictures `[count, side²]`, float32 in
 * 0 … 1, and labels `[count, 1]`, int32. That is the form of the cluttered MNIST of
 * https://github.com/daviddao/spatial-transformer-tensorflow.
 *
 * @throws UserError when something is missing or of another form.
 */
export function readNpz(path: string): NpzSets {
	let files: Record<string, Uint8Array>;
	try {
		files = unzipSync(readBytes(path));
	} catch (error) {
		if (error instanceof UserError) throw error;
		throw new UserError(`${path}: this is no .npz archive (${(error as Error).message}).`, { cause: error });
	}
	const read = (part: string): LabelledImages => {
		const pictures = readNpy(files, path, `X_${part}.npy`, "<f4");
		const classes = readNpy(files, path, `y_${part}.npy`, "<i4");
		const [count = 0, size = 0] = pictures.shape;
		const side = Math.sqrt(size);
		if (pictures.shape.length !== 2 || count === 0 || !Number.isInteger(side) || size === 0) {
			throw new UserError(`${path}: X_${part} is [${pictures.shape}]; expected [count, side · side].`);
		}
		if (classes.values.length !== count) {
			throw new UserError(`${path}: ${count} ${part} pictures with ${classes.values.length} labels.`);
		}
		const odd = classes.values.find((label) => label < 0 || label > 9);
		if (odd !== undefined) throw new UserError(`${path}: y_${part} holds ${odd}; expected 0 to 9.`);
		const images = new Uint8Array(pictures.values.length); // 16 million: from() with a function takes seconds
		for (let i = 0; i < images.length; i++) {
			images[i] = Math.round(255 * Math.min(1, Math.max(0, pictures.values[i] ?? 0)));
		}
		return { images, labels: Uint8Array.from(classes.values), count, height: side, width: side };
	};
	const sets = { train: read("train"), validation: read("valid"), test: read("test") };
	const sizes = new Set(Object.values(sets).map(({ height }) => height));
	if (sizes.size > 1) throw new UserError(`${path}: pictures of different sizes, ${[...sizes].join(", ")}.`);
	return sets;
}

interface Npy {
	readonly shape: readonly number[];
	readonly values: Float32Array | Int32Array;
}

/** https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html */
function readNpy(
	files: Readonly<Record<string, Uint8Array>>,
	path: string,
	name: string,
	dtype: "<f4" | "<i4",
): Npy {
	const bytes = files[name];
	if (bytes === undefined) {
		throw new UserError(
			`${path}: there is no ${name}. It holds ${Object.keys(files).join(", ") || "nothing"}.`,
		);
	}
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	const isNpy = bytes.length >= 10 && view.getUint32(0) === 0x934e554d;
	const start = isNpy ? (bytes[6] === 1 ? 10 + view.getUint16(8, true) : 12 + view.getUint32(8, true)) : 0;
	const header = new TextDecoder("latin1").decode(bytes.subarray(10, start));
	const [, sizes] = /'shape': \(([\d, ]*)\)/u.exec(header) ?? [];
	if (sizes === undefined || !header.includes(`'${dtype}'`) || header.includes("'fortran_order': True")) {
		throw new UserError(`${path}: ${name} is no array of ${dtype}, row by row.`);
	}
	const shape = sizes
		.split(",")
		.filter((part) => part.trim() !== "")
		.map(Number);
	const size = shape.reduce((product, length) => product * length, 1);
	if (bytes.length !== start + 4 * size) {
		throw new UserError(`${path}: ${name} has ${bytes.length - start} bytes; [${shape}] needs ${4 * size}.`);
	}
	const data = bytes.slice(start).buffer;
	return { shape, values: dtype === "<f4" ? new Float32Array(data) : new Int32Array(data) };
}
