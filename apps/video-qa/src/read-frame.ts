import { readBytes, UserError } from "@heed/command-line";
import { type DecodedPicture, decodePng } from "@heed/command-line/pictures";

/**
 * Reads a PNG file as a grey square, each pixel the mean of those that it stands for. What is transparent is black.
 *
 * @returns `[size, size]`, 0 to 255.
 * @throws UserError for a file that cannot be read or is no PNG.
 */
export function readFrame(path: string, size: number): Uint8Array {
	const bytes = readBytes(path);
	try {
		return shrink(decodePng(bytes), size);
	} catch (error) {
		throw new UserError(`${path}: this is no PNG file that can be read (${(error as Error).message}).`, {
			cause: error,
		});
	}
}

function shrink(picture: DecodedPicture, size: number): Uint8Array {
	const { width, height } = picture;
	const grey = toGrey(picture);
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
function toGrey({ width, height, colors, values, alpha }: DecodedPicture): Float32Array {
	const shares = colors === 1 ? [1] : [0.299, 0.587, 0.114];
	return Float32Array.from({ length: width * height }, (_, i) => {
		const light = shares.reduce((sum, share, color) => sum + share * (values[i * colors + color] ?? 0), 0);
		return 255 * light * (alpha?.[i] ?? 1);
	});
}
