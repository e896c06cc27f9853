import type { Codec } from "./codec.ts";
import type { GreyPicture } from "./read-png.ts";

/** Lighter than this is no background. */
const background = 0.2;

/**
 * Makes of any picture one like those that were learned: light on dark, and, if it has another size, what stands out of
 * the background scaled so that it leaves the same margin, and in the middle by its weight, as MNIST has it.
 *
 * @param invert Whether it is dark on light. Default: if its edge is light.
 * @returns Brightness, 0 to 255.
 */
export function fitPicture(
	picture: GreyPicture,
	{ height, width, margin }: Codec,
	invert = isLight(picture),
): Uint8Array {
	const lit = invert ? picture.pixels.map((value) => 1 - value) : picture.pixels;
	const { height: rows, width: columns } = picture;
	const bytes = (pixels: Float32Array): Uint8Array =>
		Uint8Array.from(pixels, (value) => Math.round(255 * value));
	if (rows === height && columns === width) return bytes(lit);

	const box = boxOf(lit, rows, columns);
	const [boxHeight, boxWidth] = [box.bottom - box.top, box.right - box.left];
	const scale = Math.min((height - 2 * margin) / boxHeight, (width - 2 * margin) / boxWidth);
	const weight = centreOf(lit, box, columns);
	// Centred by weight as far as nothing is cut off.
	const place = (centre: number, from: number, size: number, side: number): number => {
		const first = side / 2 - (centre - from) * scale;
		return Math.min(Math.max(first, Math.min(0, side - size * scale)), Math.max(0, side - size * scale));
	};
	const top = place(weight.row, box.top, boxHeight, height);
	const left = place(weight.column, box.left, boxWidth, width);
	const fitted = new Float32Array(height * width);
	for (let row = 0; row < height; row++) {
		const [from, to] = [row, row + 1].map((y) => box.top + (y - top) / scale) as [number, number];
		for (let column = 0; column < width; column++) {
			const [start, end] = [column, column + 1].map((x) => box.left + (x - left) / scale) as [number, number];
			fitted[row * width + column] = areaMean(lit, { from, to, start, end }, box, columns);
		}
	}
	return bytes(fitted);
}

function isLight({ pixels, height, width }: GreyPicture): boolean {
	const edge = Array.from(pixels).filter((_, i) => {
		const [row, column] = [Math.floor(i / width), i % width];
		return row === 0 || column === 0 || row === height - 1 || column === width - 1;
	});
	return edge.reduce((sum, value) => sum + value, 0) / edge.length > 0.5;
}

interface Box {
	readonly top: number;
	readonly bottom: number;
	readonly left: number;
	readonly right: number;
}

/** Around what is lighter than the background; all of it if nothing is. */
function boxOf(pixels: Float32Array, rows: number, columns: number): Box {
	let [top, bottom, left, right] = [rows, 0, columns, 0];
	pixels.forEach((value, i) => {
		if (value <= background) return;
		const [row, column] = [Math.floor(i / columns), i % columns];
		[top, bottom] = [Math.min(top, row), Math.max(bottom, row + 1)];
		[left, right] = [Math.min(left, column), Math.max(right, column + 1)];
	});
	return bottom === 0 ? { top: 0, bottom: rows, left: 0, right: columns } : { top, bottom, left, right };
}

function centreOf(
	pixels: Float32Array,
	{ top, bottom, left, right }: Box,
	columns: number,
): { readonly row: number; readonly column: number } {
	let [sum, row, column] = [1e-9, (1e-9 * (top + bottom)) / 2, (1e-9 * (left + right)) / 2];
	for (let y = top; y < bottom; y++) {
		for (let x = left; x < right; x++) {
			const value = pixels[y * columns + x] ?? 0;
			sum += value;
			row += value * (y + 0.5);
			column += value * (x + 0.5);
		}
	}
	return { row: row / sum, column: column / sum };
}

/** The mean brightness of a part of the picture, which may begin within a pixel; beyond the box it is dark. */
function areaMean(
	pixels: Float32Array,
	{ from, to, start, end }: { from: number; to: number; start: number; end: number },
	{ top, bottom, left, right }: Box,
	columns: number,
): number {
	let sum = 0;
	for (let y = Math.max(top, Math.floor(from)); y < Math.min(bottom, to); y++) {
		const high = Math.min(y + 1, to) - Math.max(y, from);
		for (let x = Math.max(left, Math.floor(start)); x < Math.min(right, end); x++) {
			const wide = Math.min(x + 1, end) - Math.max(x, start);
			sum += high * wide * (pixels[y * columns + x] ?? 0);
		}
	}
	return sum / ((to - from) * (end - start));
}
