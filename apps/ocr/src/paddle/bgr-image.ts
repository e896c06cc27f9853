import { bytesOf, type Picture, resizeArea, toRgb } from "@heed/command-line/pictures";
import * as tf from "@tensorflow/tfjs-core";

/**
 * Bytes in rows of blue, green, red as PaddleOCR's networks want them, `[1, height, columns, 3]` from −1 to 1: cut at so many columns,
 * or filled up with 0.
 */
export function bgrImage(
	bytes: Uint8Array,
	height: number,
	columns: number = bytes.length / (3 * height),
): tf.Tensor4D {
	const width = bytes.length / (3 * height);
	const shown = Math.min(width, columns);
	const numbers = new Float32Array(height * columns * 3);
	for (let row = 0; row < height; row++) {
		for (let i = 0; i < shown * 3; i++) {
			numbers[row * columns * 3 + i] = ((bytes[row * width * 3 + i] ?? 0) / 255 - 0.5) / 0.5;
		}
	}
	return tf.tensor4d(numbers, [1, height, columns, 3]);
}

/** A picture of a line of text, so many pixels high. */
export function lineOfText(picture: Picture, height: number): Picture {
	const width = Math.max(1, Math.round((height * picture.width) / picture.height));
	return resizeArea(picture, { height, width });
}

/** A picture as bytes in rows of blue, green, red. */
export function bgrBytes(picture: Picture): Uint8Array {
	const rgb = bytesOf(toRgb(picture));
	return rgb.map((_, i) => rgb[i + 2 - 2 * (i % 3)] ?? 0); // red changes places with blue
}
