import { convertIndexedToRgb, type DecodedPng, decode, hasPngSignature } from "fast-png";
import jpeg from "jpeg-js";
import type { DecodedPicture } from "./picture.ts";

/** Pictures beyond this are not decoded: a small file can claim to be very large. */
const largest = { maxResolutionInMP: 100, maxMemoryUsageInMB: 2048 } as const;

/**
 * The pixels of a PNG of any kind (grey or in colour, with a palette, with alpha, of 1 to 16 bits) or of a JPEG, told apart by
 * their content. A JPEG that a camera has marked as turned is not turned back.
 *
 * @throws Error for bytes that are neither, that are damaged, or that have more than 100 megapixels.
 */
export function decodePicture(bytes: Uint8Array): DecodedPicture {
	if (hasPngSignature(bytes)) return decodePng(bytes);
	if (bytes[0] === 0xff && bytes[1] === 0xd8) return decodeJpeg(bytes);
	throw new Error("it is neither a PNG nor a JPEG");
}

function tooLarge(): Error {
	return new Error(`more than ${largest.maxResolutionInMP} megapixels`);
}

function decodeJpeg(bytes: Uint8Array): DecodedPicture {
	try {
		const { height, width, data } = jpeg.decode(bytes, { useTArray: true, formatAsRGBA: false, ...largest });
		return { height, width, colors: 3, values: Float32Array.from(data, (value) => value / 255) };
	} catch (error) {
		throw /limit exceeded/u.test((error as Error).message) ? tooLarge() : error;
	}
}

function decodePng(bytes: Uint8Array): DecodedPicture {
	const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	if (bytes.length < 24) throw new Error("the file is cut off");
	if (header.getUint32(16) * header.getUint32(20) > 1e6 * largest.maxResolutionInMP) throw tooLarge();
	const png = decode(bytes, { checkCrc: true });
	const { height, width, palette, depth, transparency = [] } = png;
	const data = palette === undefined ? unpacked(png) : convertIndexedToRgb(png);
	const channels = palette === undefined ? png.channels : (palette[0]?.length ?? 3);
	const most = palette === undefined ? 2 ** depth - 1 : 255;
	const colors = channels < 3 ? 1 : 3;
	const picture = { height, width, colors, values: new Float32Array(height * width * colors) } as const;
	for (let i = 0; i < picture.values.length; i++) {
		const at = channels === colors ? i : Math.floor(i / colors) * channels + (i % colors);
		picture.values[i] = (data[at] ?? 0) / most;
	}
	const isClear = (pixel: number): boolean =>
		Array.from(transparency).every((value, color) => data[pixel * colors + color] === value);
	const alphaOf =
		channels > colors
			? (pixel: number): number => (data[pixel * channels + colors] ?? 0) / most
			: palette === undefined && transparency.length > 0 && ((pixel: number) => Number(!isClear(pixel)));
	if (alphaOf === false) return picture;
	return { ...picture, alpha: new Float32Array(height * width).map((_, pixel) => alphaOf(pixel)) };
}

/** Grey of one, two or four bits stands several in a byte; every row begins with a new one. */
function unpacked({ data, width, height, depth }: DecodedPng): ArrayLike<number> {
	if (depth >= 8) return data;
	const rowBytes = Math.ceil((width * depth) / 8);
	return Uint8Array.from({ length: width * height }, (_, i) => {
		const [row, bit] = [Math.floor(i / width), (i % width) * depth];
		const byte = data[row * rowBytes + Math.floor(bit / 8)] ?? 0;
		return (byte >> (8 - depth - (bit % 8))) & (2 ** depth - 1);
	});
}
