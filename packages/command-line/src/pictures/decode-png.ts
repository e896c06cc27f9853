import { convertIndexedToRgb, type DecodedPng, decode } from "fast-png";

/** The pixels of a picture, whatever form its file had. */
export interface DecodedPicture {
	readonly height: number;
	readonly width: number;
	/** 1: grey; 3: red, green and blue. */
	readonly colors: 1 | 3;
	/** `[height, width, colors]`, 0 (dark) to 1, row by row. */
	readonly values: Float64Array;
	/** `[height, width]`, 0 (transparent) to 1; absent where everything is opaque. */
	readonly alpha: Float64Array | undefined;
}

/**
 * Reads the bytes of a PNG file of any kind: grey or in colour, with a palette, with alpha, of 1 to 16 bits.
 *
 * @throws Error for bytes that are none.
 */
export function decodePng(bytes: Uint8Array, options?: { readonly checkCrc: boolean }): DecodedPicture {
	const png = decode(bytes, options);
	const { width, height, palette } = png;
	const count = width * height;
	const data = palette === undefined ? unpacked(png) : convertIndexedToRgb(png);
	const channels = palette === undefined ? png.channels : (palette[0]?.length ?? 3);
	const most = palette === undefined ? 2 ** png.depth - 1 : 255;
	const colors = channels < 3 ? 1 : 3;
	const channel = (pixel: number, at: number): number => (data[pixel * channels + at] ?? 0) / most;
	return {
		height,
		width,
		colors,
		values: Float64Array.from({ length: count * colors }, (_, i) =>
			channel(Math.floor(i / colors), i % colors),
		),
		alpha:
			channels === colors
				? undefined
				: Float64Array.from({ length: count }, (_, pixel) => channel(pixel, colors)),
	};
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
