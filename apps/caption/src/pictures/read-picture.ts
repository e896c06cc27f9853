import { bytesOf, readPicture as readAny, resizeArea, toRgb } from "@heed/command-line/pictures";

/**
 * Reads a PNG or a JPEG and makes it a square of `size` pixels a side. All of it stays in view, so that a wide picture gets narrower
 * than it was. What is transparent lies on white.
 *
 * @returns Red, green and blue, `[size, size, 3]`.
 * @throws UserError for a file that cannot be read.
 */
export function readPicture(path: string, size: number): Uint8Array {
	return bytesOf(toRgb(resizeArea(readAny(path, "white"), { height: size, width: size })));
}
