import { readBytes, UserError } from "@heed/command-line";
import { convertIndexedToRgb, type DecodedPng, decode } from "fast-png";
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
		const { width, height, data, depth, channels } = unpacked(decode(readBytes(path)));
		const highest = 2 ** depth - 1;
		const hasAlpha = channels === 2 || channels === 4;
		const colors = hasAlpha ? channels - 1 : channels;
		const values = Float32Array.from({ length: height * width }, (_, i) => {
			const at = (channel: number): number => (data[i * channels + channel] ?? 0) / highest;
			const grey = colors === 1 ? at(0) : 0.299 * at(0) + 0.587 * at(1) + 0.114 * at(2);
			const alpha = hasAlpha ? at(colors) : 1;
			return alpha * grey + 1 - alpha;
		});
		return { height, width, values };
	} catch (error) {
		if (error instanceof UserError) throw error;
		throw new UserError(`${path}: this PNG file cannot be read: ${(error as Error).message}.`, {
			cause: error,
		});
	}
}

/** Pixels that are places in a palette, or share a byte, get bytes of their own. */
function unpacked(png: DecodedPng): Pick<DecodedPng, "width" | "height" | "data" | "depth" | "channels"> {
	if (png.palette === undefined && png.depth >= 8) return png;
	const greys = 2 ** png.depth;
	const palette =
		png.palette ??
		Array.from({ length: greys }, (_, i) => new Array<number>(3).fill((255 * i) / (greys - 1)));
	const data = convertIndexedToRgb({ ...png, palette: palette as NonNullable<DecodedPng["palette"]> });
	return { width: png.width, height: png.height, data, depth: 8, channels: palette[0]?.length ?? 3 };
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
