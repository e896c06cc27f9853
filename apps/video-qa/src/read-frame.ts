import { readBytes, UserError } from "@heed/command-line";
import { convertIndexedToRgb, type DecodedPng, decode } from "fast-png";

/**
 * Reads a PNG file as a grey square, each pixel the mean of those that it stands for. What is transparent is black.
 *
 * @returns `[size, size]`, 0 to 255.
 * @throws UserError for a file that cannot be read or is no PNG.
 */
export function readFrame(path: string, size: number): Uint8Array {
	const bytes = readBytes(path);
	try {
		return shrink(decode(bytes), size);
	} catch (error) {
		throw new UserError(`${path}: this is no PNG file that can be read (${(error as Error).message}).`, {
			cause: error,
		});
	}
}

function shrink(png: DecodedPng, size: number): Uint8Array {
	const { width, height } = png;
	const grey = toGrey(png);
	const range = (at: number, side: number): [number, number] => {
		const first = Math.floor((at * side) / size);
		return [first, Math.max(first + 1, Math.floor(((at + 1) * side) / size))];
	};
	return Uint8Array.from({ length: size * size }, (_, i) => {
		const [top, bottom] = range(Math.floor(i / size), height);
		const [left, right] = range(i % size, width);
		let sum = 0;
		for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) sum += grey[y * width + x] ?? 0;
		return Math.round(sum / ((bottom - top) * (right - left)));
	});
}

/** Brightness of every pixel, 0 to 255. */
function toGrey(png: DecodedPng): Float32Array {
	const { width, height, depth, palette } = png;
	const data = palette === undefined ? png.data : convertIndexedToRgb(png);
	const channels = palette === undefined ? png.channels : (palette[0]?.length ?? 3);
	const most = palette === undefined ? 2 ** depth - 1 : 255;
	const shares = channels < 3 ? [1] : [0.299, 0.587, 0.114];
	const value = palette === undefined && depth < 8 ? packedValue(png) : (i: number) => data[i] ?? 0;
	return Float32Array.from({ length: width * height }, (_, i) => {
		const light = shares.reduce((sum, share, channel) => sum + share * value(i * channels + channel), 0);
		const alpha = channels % 2 === 0 ? value((i + 1) * channels - 1) / most : 1;
		return (255 * light * alpha) / most;
	});
}

/** Grey of one, two or four bits; every row begins with a new byte. */
function packedValue({ data, width, depth }: DecodedPng): (index: number) => number {
	const rowBytes = Math.ceil((width * depth) / 8);
	return (index) => {
		const [row, bit] = [Math.floor(index / width), (index % width) * depth];
		const byte = data[row * rowBytes + Math.floor(bit / 8)] ?? 0;
		return (byte >> (8 - depth - (bit % 8))) & (2 ** depth - 1);
	};
}
