import { readBytes, UserError } from "@heed/command-line";
import { decodePng } from "@heed/command-line/pictures";
import { hasPngSignature } from "fast-png";
import jpeg from "jpeg-js";
import { type Pixels, resizePixels } from "./resize-pixels.ts";

/** Pictures beyond this are not decoded: a small file can claim to be very large. In megapixels and in megabytes. */
const largest = { maxResolutionInMP: 100, maxMemoryUsageInMB: 1024 } as const;

/**
 * Reads a PNG or a JPEG, by its content and not by its name, and makes it a square of `size` pixels a side. What is
 * transparent lies on white.
 *
 * @throws UserError for a file that cannot be read.
 */
export function readPicture(path: string, size: number): Uint8Array {
	const bytes = readBytes(path, "a picture");
	try {
		return resizePixels(decodePixels(bytes), size);
	} catch (error) {
		const { message } = error as Error;
		const reason = message.replace(/\s+/gu, " ").replace(/\.$/u, "");
		throw new UserError(`${path}: this picture cannot be read (${reason}).`, { cause: error });
	}
}

function decodePixels(bytes: Uint8Array): Pixels {
	if (hasPngSignature(bytes)) return pngOnWhite(bytes);
	if (bytes[0] !== 0xff || bytes[1] !== 0xd8) throw new Error("it is neither a PNG nor a JPEG");
	const { width, height, data } = jpeg.decode(bytes, { useTArray: true, formatAsRGBA: false, ...largest });
	return { width, height, data };
}

function pngOnWhite(bytes: Uint8Array): Pixels {
	const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
	if (bytes.length < 24) throw new Error("the file is cut off");
	if (header.getUint32(16) * header.getUint32(20) > 1e6 * largest.maxResolutionInMP) {
		throw new Error(`more than ${largest.maxResolutionInMP} megapixels`);
	}
	const { width, height, colors, values, alpha } = decodePng(bytes, { checkCrc: true });
	const rgb = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
		const pixel = Math.floor(i / 3);
		const cover = alpha?.[pixel] ?? 1;
		return Math.round(255 * ((values[pixel * colors + ((i % 3) % colors)] ?? 0) * cover + 1 - cover));
	});
	return { width, height, data: rgb };
}
