import { readBytes, UserError } from "@heed/command-line";
import { decodePng } from "@heed/command-line/pictures";
import type { Pictures } from "./picture-batches.ts";
import type { DataForm } from "./read-data.ts";

/** A grey picture, 0 to 1. */
interface Grey {
	readonly height: number;
	readonly width: number;
	readonly values: Float32Array;
}

/**
 * Reads a PNG file as a network knows pictures: grey, bright on dark, and of its size. A picture whose edge is bright is
 * inverted; one of another size is brought to fit, without being stretched, and stands in the middle.
 *
 * @throws UserError for a file that is no PNG.
 */
export function readPicture(path: string, { height, width }: Pick<DataForm, "height" | "width">): Pictures {
	const grey = readGrey(path);
	const dark = isBrightAtEdge(grey) ? { ...grey, values: grey.values.map((value) => 1 - value) } : grey;
	const ratio = Math.max(dark.height / height, dark.width / width);
	const pixels = new Float32Array(height * width);
	const [top, left] = [(height - dark.height / ratio) / 2, (width - dark.width / ratio) / 2];
	for (let row = 0; row < height; row++) {
		for (let column = 0; column < width; column++) {
			pixels[row * width + column] = meanOf(dark, (row - top) * ratio, (column - left) * ratio, ratio);
		}
	}
	return { count: 1, height, width, pixels, labels: new Uint8Array(1) };
}

/** Transparent pixels are as white paper. */
function readGrey(path: string): Grey {
	try {
		const { width, height, colors, values: light, alpha } = decodePng(readBytes(path));
		const values = Float32Array.from({ length: height * width }, (_, i) => {
			const at = (color: number): number => light[i * colors + color] ?? 0;
			const grey = colors === 1 ? at(0) : 0.299 * at(0) + 0.587 * at(1) + 0.114 * at(2);
			const cover = alpha?.[i] ?? 1;
			return cover * grey + 1 - cover;
		});
		return { height, width, values };
	} catch (error) {
		if (error instanceof UserError) throw error;
		throw new UserError(`${path}: this PNG file cannot be read: ${(error as Error).message}.`, {
			cause: error,
		});
	}
}

function isBrightAtEdge({ height, width, values }: Grey): boolean {
	const edge = Array.from(values).filter((_, i) => {
		const [row, column] = [Math.floor(i / width), i % width];
		return row === 0 || column === 0 || row === height - 1 || column === width - 1;
	});
	return edge.reduce((sum, value) => sum + value, 0) / edge.length > 0.5;
}

/** The mean of a square of a picture, whose corner and side need not lie on pixels; beyond the edges it is 0. */
function meanOf({ height, width, values }: Grey, top: number, left: number, side: number): number {
	let sum = 0;
	for (let row = Math.max(0, Math.floor(top)); row < Math.min(height, top + side); row++) {
		const rows = Math.min(row + 1, top + side) - Math.max(row, top);
		for (let column = Math.max(0, Math.floor(left)); column < Math.min(width, left + side); column++) {
			const columns = Math.min(column + 1, left + side) - Math.max(column, left);
			sum += rows * columns * (values[row * width + column] ?? 0);
		}
	}
	return sum / side ** 2;
}
