import { readBytes, UserError } from "@heed/command-line";
import { convertIndexedToRgb, type DecodedPng, decode } from "fast-png";

/** A colour picture. */
export interface ColorPicture {
	readonly height: number;
	readonly width: number;
	/** Red, green and blue of every pixel, 0 to 1, row by row. */
	readonly pixels: Float32Array;
}

/**
 * Reads a PNG file. What is transparent becomes white.
 *
 * @throws UserError for a file that is none.
 */
export function readPicture(path: string): ColorPicture {
	const bytes = readBytes(path, "a PNG file");
	try {
		return colors(decode(bytes));
	} catch (error) {
		throw new UserError(`${path}: this is no PNG file, or it is damaged (${(error as Error).message}).`, {
			cause: error,
		});
	}
}

function colors(png: DecodedPng): ColorPicture {
	const { width, height, depth, palette } = png;
	const bits = palette === undefined ? depth : 8;
	const data = palette === undefined ? unpacked(png) : convertIndexedToRgb(png);
	const channels = palette === undefined ? png.channels : (palette[0]?.length ?? 3);
	const most = 2 ** bits - 1;
	const gray = channels < 3;
	const pixels = new Float32Array(width * height * 3);
	for (let i = 0; i < width * height; i++) {
		const alpha = channels % 2 === 0 ? (data[(i + 1) * channels - 1] ?? 0) / most : 1;
		for (let channel = 0; channel < 3; channel++) {
			const value = (data[i * channels + (gray ? 0 : channel)] ?? 0) / most;
			pixels[i * 3 + channel] = 1 + alpha * (value - 1);
		}
	}
	return { height, width, pixels };
}

/** Numbers of 1, 2 or 4 bits stand several in a byte, each row from a byte of its own. */
function unpacked({ data, width, height, depth, channels }: DecodedPng): ArrayLike<number> {
	if (depth >= 8) return data;
	const perByte = 8 / depth;
	const rowBytes = Math.ceil((width * channels) / perByte);
	return Uint8Array.from({ length: width * height * channels }, (_, i) => {
		const [row, column] = [Math.floor(i / (width * channels)), i % (width * channels)];
		const byte = data[row * rowBytes + Math.floor(column / perByte)] ?? 0;
		return (byte >> (8 - depth * ((column % perByte) + 1))) & (2 ** depth - 1);
	});
}
