import { readBytes, UserError } from "@heed/command-line";
import { type DecodedPicture, decodePng } from "@heed/command-line/pictures";

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
		return toGrey(decodePng(bytes));
	} catch (error) {
		throw new UserError(`${path}: this is no PNG file that can be read (${(error as Error).message}).`, {
			cause: error,
		});
	}
}

function toGrey({ width, height, colors, values, alpha: cover }: DecodedPicture): GreyPicture {
	const shares = colors === 1 ? [1] : [0.299, 0.587, 0.114];
	const light = new Float32Array(width * height).map((_, i) =>
		shares.reduce((sum, share, color) => sum + share * (values[i * colors + color] ?? 0), 0),
	);
	const alpha = cover ?? new Float64Array(width * height).fill(1);
	const opaque = alpha.reduce((sum, share) => sum + share, 0);
	const mean = light.reduce((sum, value, i) => sum + value * (alpha[i] ?? 0), 0) / Math.max(opaque, 1e-9);
	const behind = mean < 0.5 ? 1 : 0;
	return {
		pixels: light.map((value, i) => behind + (alpha[i] ?? 0) * (value - behind)),
		height,
		width,
	};
}
