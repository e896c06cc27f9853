import { encode } from "fast-png";
import { positionInRange, type ValueRange } from "../attention-map.ts";
import { viridis } from "../viridis.ts";
import type { AttentionImage, ImageHeat } from "./attention-image.ts";

/** How strongly the heat covers the image: at the low end of the scale, and what the high end adds. */
const [leastCover, moreCover] = [0.15, 0.6];
/** A smooth heat is drawn with at least this many pixels along its shorter side. */
const smoothSide = 96;
const nanColor = [207, 34, 46] as const;

/** The image itself, as the address of a PNG that holds it. */
export function imagePng({ height, width, pixels }: AttentionImage): string {
	const channels = pixels.length === height * width ? 1 : 3;
	return dataUrl(width, height, channels, (i) => 255 * (pixels[i] ?? 0));
}

/** The heat as a picture that lets the image through: the more, the less weight there is. NaN is a red chequerboard. */
export function heatPng(heat: ImageHeat, range: ValueRange): string {
	const { rows, columns, smooth = false } = heat;
	const hasNaN = Array.from({ length: rows * columns }, (_, i) => heat.weights[i]).some(Number.isNaN);
	const factor = smooth ? Math.max(1, Math.ceil(smoothSide / Math.min(rows, columns))) : hasNaN ? 4 : 1;
	const [height, width] = [rows * factor, columns * factor];
	const rgba = new Uint8ClampedArray(height * width * 4);
	for (let y = 0; y < height; y++) {
		for (let x = 0; x < width; x++) {
			const weight = smooth
				? between(heat, (y + 0.5) / factor - 0.5, (x + 0.5) / factor - 0.5)
				: weightAt(heat, Math.floor(y / factor), Math.floor(x / factor));
			const position = positionInRange(weight, range);
			const color = Number.isNaN(weight) ? nanColor : viridis(position);
			const odd = Math.floor((2 * y) / factor) + Math.floor((2 * x) / factor);
			const cover = Number.isNaN(weight) ? odd % 2 : leastCover + moreCover * position;
			rgba.set([...color, 255 * cover], (y * width + x) * 4);
		}
	}
	return dataUrl(width, height, 4, (i) => rgba[i] ?? 0);
}

const weightAt = ({ weights, columns }: ImageHeat, row: number, column: number): number =>
	weights[row * columns + column] ?? Number.NaN;

/** Bilinear, with the centres of the outer places as the border. */
function between(heat: ImageHeat, y: number, x: number): number {
	const [row, column] = [inside(y, heat.rows), inside(x, heat.columns)];
	const [top, left] = [Math.floor(row), Math.floor(column)];
	const [down, right] = [row - top, column - left];
	let sum = 0;
	for (const [i, share] of [1 - down, down].entries()) {
		for (const [j, part] of [1 - right, right].entries()) {
			if (share * part > 0) sum += share * part * weightAt(heat, top + i, left + j);
		}
	}
	return sum;
}

const inside = (value: number, count: number): number => Math.min(count - 1, Math.max(0, value));

function dataUrl(width: number, height: number, channels: number, value: (index: number) => number): string {
	const data = Uint8ClampedArray.from({ length: width * height * channels }, (_, i) => value(i));
	const bytes = encode({ width, height, data, channels, depth: 8 });
	let text = "";
	for (const byte of bytes) text += String.fromCharCode(byte);
	return `data:image/png;base64,${btoa(text)}`;
}
