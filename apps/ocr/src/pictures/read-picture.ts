import { readBytes, UserError } from "@heed/command-line";
import { type DecodedPicture, decodePng } from "@heed/command-line/pictures";

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
		return onWhite(decodePng(bytes));
	} catch (error) {
		throw new UserError(`${path}: this is no PNG file, or it is damaged (${(error as Error).message}).`, {
			cause: error,
		});
	}
}

function onWhite({ height, width, colors, values, alpha }: DecodedPicture): ColorPicture {
	const pixels = Float32Array.from({ length: width * height * 3 }, (_, i) => {
		const pixel = Math.floor(i / 3);
		const value = values[pixel * colors + ((i % 3) % colors)] ?? 0;
		return 1 + (alpha?.[pixel] ?? 1) * (value - 1);
	});
	return { height, width, pixels };
}
