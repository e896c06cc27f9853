import type { Random } from "@heed/command-line";
import type { LabelledImages } from "@heed/command-line/digits";

/** What may be done to the digits. */
export const distortions = ["none", "rotated", "rts", "translated", "cluttered"] as const;

/** One of {@link distortions}. */
export type Distortion = (typeof distortions)[number];

/** How many pieces of other digits a cluttered picture has, and their height and width. */
const clutter = { pieces: 4, side: 8 } as const;

/** Height and width of the distorted pictures where nothing is said; 0: those of the digits. */
const sides: Readonly<Record<Distortion, number>> = {
	none: 0,
	rotated: 0,
	rts: 42,
	translated: 60,
	cluttered: 40,
};

/** Height and width of the pictures that come of digits of a size. */
export function distortedSize(
	kind: Distortion,
	{ height, width }: Pick<LabelledImages, "height" | "width">,
	wanted: number,
): readonly [height: number, width: number] {
	const side = wanted === 0 ? sides[kind] : wanted;
	return side === 0 ? [height, width] : [side, side];
}

/** Where a distorted picture goes. */
export interface Canvas {
	readonly height: number;
	readonly width: number;
	/** [height, width] row by row, 0 to 1; all 0 before. */
	readonly pixels: Float32Array;
}

/**
 * Draws one digit onto a canvas:
 *
 * - `none`: as it is, in the middle.
 * - `rotated`: turned by up to 90° either way.
 * - `rts`: turned by up to 45°, 0.7 to 1.2 times as large, anywhere on the canvas.
 * - `translated`: anywhere on the canvas.
 * - `cluttered`: anywhere on the canvas, beside four pieces of 8 × 8 pixels of other pictures.
 *
 * As in Jaderberg et al. 2015, https://arxiv.org/abs/1506.02025 (`rotated`, `rts`), and Mnih et al. 2014,
 * https://arxiv.org/abs/1406.6247 (`translated`, `cluttered`, on 60 × 60).
 */
export function distort(
	kind: Distortion,
	from: LabelledImages,
	index: number,
	canvas: Canvas,
	random: Random,
): void {
	const { height, width } = canvas;
	if (kind === "rotated" || kind === "rts") {
		const isRts = kind === "rts";
		const angle = random.between(-1, 1) * (isRts ? Math.PI / 4 : Math.PI / 2);
		const scale = isRts ? random.between(0.7, 1.2) : 1;
		const [x, y] = isRts
			? [anywhere(random, width, from.width * scale), anywhere(random, height, from.height * scale)]
			: [width / 2, height / 2];
		drawTurned(from, index, canvas, { angle, scale, x, y });
		return;
	}
	if (kind === "none") {
		const [top, left] = [Math.floor((height - from.height) / 2), Math.floor((width - from.width) / 2)];
		copy(from, index, canvas, { ...whole(from), top, left });
		return;
	}
	const top = random.below(height - from.height + 1);
	const left = random.below(width - from.width + 1);
	if (kind === "cluttered") addPieces(from, canvas, random);
	copy(from, index, canvas, { ...whole(from), top, left });
}

/** The middle of something of a length that lies within a larger length, or of that if it is too long. */
function anywhere(random: Random, room: number, length: number): number {
	const margin = Math.min(room, length) / 2;
	return random.between(margin, room - margin);
}

interface Turn {
	readonly angle: number;
	readonly scale: number;
	/** The middle of the digit on the canvas. */
	readonly x: number;
	readonly y: number;
}

/** Every pixel of the canvas is read in the digit, where the turn brings it, between pixels by bilinear interpolation. */
function drawTurned(from: LabelledImages, index: number, canvas: Canvas, { angle, scale, x, y }: Turn): void {
	const [cos, sin] = [Math.cos(angle) / scale, Math.sin(angle) / scale];
	const first = index * from.height * from.width;
	const at = (row: number, column: number): number => {
		const inside = row >= 0 && row < from.height && column >= 0 && column < from.width;
		return inside ? (from.images[first + row * from.width + column] ?? 0) : 0;
	};
	for (let row = 0; row < canvas.height; row++) {
		for (let column = 0; column < canvas.width; column++) {
			const [dx, dy] = [column + 0.5 - x, row + 0.5 - y];
			const sx = cos * dx + sin * dy + from.width / 2 - 0.5;
			const sy = cos * dy - sin * dx + from.height / 2 - 0.5;
			if (sx <= -1 || sy <= -1 || sx >= from.width || sy >= from.height) continue;
			const [left, top] = [Math.floor(sx), Math.floor(sy)];
			const [wx, wy] = [sx - left, sy - top];
			const above = (1 - wx) * at(top, left) + wx * at(top, left + 1);
			const below = (1 - wx) * at(top + 1, left) + wx * at(top + 1, left + 1);
			canvas.pixels[row * canvas.width + column] = ((1 - wy) * above + wy * below) / 255;
		}
	}
}

/** A part of a picture and where it goes. */
interface Part {
	readonly fromTop: number;
	readonly fromLeft: number;
	readonly height: number;
	readonly width: number;
	readonly top: number;
	readonly left: number;
}

function whole({ height, width }: LabelledImages): Pick<Part, "fromTop" | "fromLeft" | "height" | "width"> {
	return { fromTop: 0, fromLeft: 0, height, width };
}

/** Copies a part of a picture; where something is already, the brighter stays. */
function copy(from: LabelledImages, index: number, canvas: Canvas, part: Part): void {
	const first = index * from.height * from.width;
	for (let row = 0; row < part.height; row++) {
		for (let column = 0; column < part.width; column++) {
			const [y, x] = [part.top + row, part.left + column];
			if (y < 0 || y >= canvas.height || x < 0 || x >= canvas.width) continue;
			const value = from.images[first + (part.fromTop + row) * from.width + part.fromLeft + column] ?? 0;
			const place = y * canvas.width + x;
			canvas.pixels[place] = Math.max(canvas.pixels[place] ?? 0, value / 255);
		}
	}
}

function addPieces(from: LabelledImages, canvas: Canvas, random: Random): void {
	const { pieces } = clutter;
	const [height, width] = [Math.min(clutter.side, from.height), Math.min(clutter.side, from.width)];
	for (let i = 0; i < pieces; i++) {
		copy(from, random.below(from.count), canvas, {
			...{ height, width },
			fromTop: random.below(from.height - height + 1),
			fromLeft: random.below(from.width - width + 1),
			top: random.below(canvas.height - height + 1),
			left: random.below(canvas.width - width + 1),
		});
	}
}
