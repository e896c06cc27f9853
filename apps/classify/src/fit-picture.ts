import {
	bytesOf,
	inkBox,
	inverted,
	isLightAtEdge,
	type Part,
	type Picture,
	resizeArea,
} from "@heed/command-line/pictures";
import type { Codec } from "./codec.ts";

/** Less of the largest brightness than this is background. */
const background = 0.2;

/**
 * Makes of any grey picture one like those that were learned: light on dark, and, if it has another size, what stands out of
 * the background scaled so that it leaves the same margin, and in the middle by its weight, as MNIST has it.
 *
 * @param invert Whether it is dark on light. Default: if its edge is light.
 * @returns Brightness, 0 to 255.
 */
export function fitPicture(
	picture: Picture,
	{ height, width, margin }: Codec,
	invert = isLightAtEdge(picture),
): Uint8Array {
	const lit = invert ? inverted(picture) : picture;
	if (lit.height === height && lit.width === width) return bytesOf(lit);

	const box = inkBox(lit, 0, background) ?? { top: 0, left: 0, height: lit.height, width: lit.width };
	const scale = Math.min((height - 2 * margin) / box.height, (width - 2 * margin) / box.width);
	const weight = centreOf(lit, box);
	// Centred by weight as far as nothing is cut off.
	const place = (centre: number, size: number, side: number): number => {
		const room = side - size * scale;
		return Math.min(Math.max(side / 2 - centre * scale, Math.min(0, room)), Math.max(0, room));
	};
	const part = {
		top: box.top - place(weight.row - box.top, box.height, height) / scale,
		left: box.left - place(weight.column - box.left, box.width, width) / scale,
		height: height / scale,
		width: width / scale,
	};
	return bytesOf(resizeArea(lit, { height, width, part, beyond: 0 }));
}

function centreOf(
	{ values, width: columns }: Picture,
	{ top, left, height, width }: Part,
): { readonly row: number; readonly column: number } {
	let [sum, row, column] = [1e-9, 1e-9 * (top + height / 2), 1e-9 * (left + width / 2)];
	for (let y = top; y < top + height; y++) {
		for (let x = left; x < left + width; x++) {
			const value = values[y * columns + x] ?? 0;
			sum += value;
			row += value * (y + 0.5);
			column += value * (x + 0.5);
		}
	}
	return { row: row / sum, column: column / sum };
}
