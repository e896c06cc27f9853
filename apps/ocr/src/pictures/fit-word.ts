import { type Picture, pictureHeight, pictureWidth } from "./picture.ts";
import type { ColorPicture } from "./read-picture.ts";
import { type Part, resample } from "./resample.ts";

/** Pixels that differ from the ground by this share of the largest difference are ink. */
const inkShare = 0.4;
/** Size of the ink in the picture that the network sees, and the room around it. */
const [tall, margin] = [15, 2];

/**
 * Cuts the word out of a picture, and makes it as large as the words are that the network learned from. Nothing where there is no
 * ink, because all pixels are the same.
 */
export function fitWord({ height, width, pixels }: ColorPicture): Picture | undefined {
	const gray = Float32Array.from({ length: height * width }, (_, i) => {
		const [red = 0, green = 0, blue = 0] = pixels.subarray(3 * i, 3 * i + 3);
		return 0.299 * red + 0.587 * green + 0.114 * blue;
	});
	const ground = groundOf(gray, height, width);
	const ink = inkBox(gray, height, width, ground);
	if (ink === undefined) return undefined;
	const scale = Math.min(tall / ink.height, (pictureWidth - 2 * margin) / ink.width);
	const size = {
		height: Math.max(1, Math.round(ink.height * scale)),
		width: Math.max(1, Math.round(ink.width * scale)),
	};
	const word = resample({ height, width, pixels: gray }, ink, size);
	const fitted = new Float32Array(pictureHeight * pictureWidth).fill(ground);
	const top = Math.floor((pictureHeight - size.height) / 2);
	for (let row = 0; row < size.height; row++) {
		const from = word.subarray(row * size.width, (row + 1) * size.width);
		fitted.set(from, (top + row) * pictureWidth + margin);
	}
	return { height: pictureHeight, width: pictureWidth, pixels: fitted };
}

/** The grey in the middle of those at the edges. */
function groundOf(gray: Float32Array, height: number, width: number): number {
	const edge = gray.filter((_, i) => {
		const [row, column] = [Math.floor(i / width), i % width];
		return row === 0 || row === height - 1 || column === 0 || column === width - 1;
	});
	return edge.sort()[edge.length >> 1] ?? 1;
}

function inkBox(gray: Float32Array, height: number, width: number, ground: number): Part | undefined {
	let most = 0;
	for (const value of gray) most = Math.max(most, Math.abs(value - ground));
	if (most < 0.02) return undefined;
	let [left, top, right, bottom] = [width, height, 0, 0];
	gray.forEach((value, i) => {
		if (Math.abs(value - ground) < inkShare * most) return;
		const [row, column] = [Math.floor(i / width), i % width];
		[left, right] = [Math.min(left, column), Math.max(right, column + 1)];
		[top, bottom] = [Math.min(top, row), Math.max(bottom, row + 1)];
	});
	return { left, top, width: right - left, height: bottom - top };
}
