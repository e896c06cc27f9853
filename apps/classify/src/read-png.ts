import { readBytes, UserError } from "@heed/command-line";
import { convertIndexedToRgb, type DecodedPng, decode } from "fast-png";

/** A grey picture of any size. */
export interface GreyPicture {
	/** [height * width], 0 (black) to 1 (white), row by row. */
	readonly pixels: Float32Array;
	readonly height: number;
	readonly width: number;
}

/**
 * Reads a PNG file as a grey picture. What is transparent becomes white where the rest is dark, and black where it is light.
 *
 * @throws UserError for a file that cannot be read or is no PNG.
 */
export function readPng(path: string): GreyPicture {
	const bytes = readBytes(path, "a PNG file");
	try {
		return toGrey(decode(bytes));
	} catch (error) {
		throw new UserError(`${path}: this is no PNG file that can be read (${(error as Error).message}).`, {
			cause: error,
		});
	}
}

function toGrey(png: DecodedPng): GreyPicture {
	const { width, height, palette, depth } = png;
	const indexed = palette !== undefined;
	const data = indexed ? convertIndexedToRgb(png) : depth < 8 ? unpacked(png) : png.data;
	const channels = indexed ? (palette[0]?.length ?? 3) : png.channels;
	const most = indexed ? 255 : 2 ** depth - 1;
	const colors = channels < 3 ? [1] : [0.299, 0.587, 0.114];
	const hasAlpha = channels === 2 || channels === 4;
	const count = width * height;
	const light = new Float32Array(count);
	const alpha = new Float32Array(count).fill(1);
	for (let i = 0; i < count; i++) {
		colors.forEach((share, channel) => {
			light[i] = (light[i] ?? 0) + (share * (data[i * channels + channel] ?? 0)) / most;
		});
		if (hasAlpha) alpha[i] = (data[(i + 1) * channels - 1] ?? 0) / most;
	}
	const opaque = alpha.reduce((sum, share) => sum + share, 0);
	const mean = light.reduce((sum, value, i) => sum + value * (alpha[i] ?? 0), 0) / Math.max(opaque, 1e-9);
	const behind = mean < 0.5 ? 1 : 0;
	return {
		pixels: light.map((value, i) => behind + (alpha[i] ?? 0) * (value - behind)),
		height,
		width,
	};
}

/** Grey of one, two or four bits; every row begins with a new byte. */
function unpacked({ data, width, height, depth }: DecodedPng): Uint8Array {
	const bytes = Math.ceil((width * depth) / 8);
	return Uint8Array.from({ length: width * height }, (_, i) => {
		const [row, column] = [Math.floor(i / width), i % width];
		const bit = column * depth;
		const byte = data[row * bytes + Math.floor(bit / 8)] ?? 0;
		return (byte >> (8 - depth - (bit % 8))) & (2 ** depth - 1);
	});
}
