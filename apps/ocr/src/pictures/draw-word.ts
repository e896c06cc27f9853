import type { Random } from "@heed/command-line";
import type { FontFace } from "../fonts/font-faces.ts";
import { boxOf } from "../fonts/outline.ts";
import { fillOutline } from "./fill-outline.ts";
import { pictureHeight, pictureWidth, type WordPicture } from "./picture.ts";

/** How a word is drawn. */
interface Style {
	/** Height of the tallest ink, in pixels; letters are not wider than fits. */
	readonly tall: number;
	/** Pixels to the right per pixel upwards. */
	readonly slant: number;
	/** Pixels downwards per pixel to the right. */
	readonly rise: number;
	/** Where the word stands in the room that is left, 0 to 1. */
	readonly across: number;
	readonly down: number;
	/** Grey of the ground and of the ink. */
	readonly ground: number;
	readonly ink: number;
	/** Share of a pixel that its neighbours give it. */
	readonly blur: number;
	/** Half of the noise on a pixel, at most. */
	readonly noise: number;
}

/** At most so many pixels from line to line: letters without long strokes stay small. */
const largestSize = 30;
const margin = 1.5;

const plain: Style = {
	tall: 17,
	slant: 0,
	rise: 0,
	across: 0,
	down: 0.5,
	ground: 1,
	ink: 0,
	blur: 0,
	noise: 0,
};

/** Draws a word black on white, or with `jitter` of another size, slant, place, contrast and sharpness each time. */
export function drawWord(word: string, face: FontFace, jitter?: Random): WordPicture {
	const style = jitter === undefined ? plain : drawStyle(jitter);
	const covered = fillOutline(placed(word, face, style), pictureHeight, pictureWidth);
	const { ground, ink, blur, noise } = style;
	const pixels = blurred(covered, blur).map((share) => ground + share * (ink - ground));
	if (jitter !== undefined) {
		for (let i = 0; i < pixels.length; i++) {
			const value = (pixels[i] ?? 0) + noise * (jitter.between(-1, 1) + jitter.between(-1, 1));
			pixels[i] = Math.min(1, Math.max(0, value));
		}
	}
	return { height: pictureHeight, width: pictureWidth, pixels };
}

function drawStyle(jitter: Random): Style {
	const contrast = jitter.between(0.35, 1);
	const dark = jitter.between(0, 1 - contrast);
	const inkIsDark = jitter.between(0, 1) < 0.7;
	return {
		tall: jitter.between(13, 20),
		slant: jitter.between(-0.1, 0.25),
		rise: jitter.between(-0.03, 0.03),
		across: jitter.between(0, 1) ** 2, // near the left edge, mostly
		down: jitter.between(0.1, 0.9),
		ground: inkIsDark ? dark + contrast : dark,
		ink: inkIsDark ? dark : dark + contrast,
		blur: jitter.between(0, 0.5),
		noise: jitter.between(0, 0.12) * contrast,
	};
}

/** The lines of a word at its place in the picture. */
function placed(word: string, face: FontFace, { tall, slant, rise, across, down }: Style): number[] {
	const lines = face.outline(word);
	for (let i = 0; i < lines.length; i += 2) {
		const [x = 0, y = 0] = [lines[i], lines[i + 1]];
		lines[i] = x - slant * y;
		lines[i + 1] = y + rise * x;
	}
	const { left, top, right, bottom } = boxOf(lines);
	const [wide, high] = [right - left, bottom - top];
	const size = Math.min(
		largestSize,
		tall / high,
		(pictureWidth - 2 * margin) / wide,
		(pictureHeight - 2 * margin) / high,
	);
	const fromLeft = margin + across * Math.max(0, pictureWidth - 2 * margin - size * wide);
	const fromTop = margin + down * Math.max(0, pictureHeight - 2 * margin - size * high);
	for (let i = 0; i < lines.length; i += 2) {
		lines[i] = fromLeft + size * ((lines[i] ?? 0) - left);
		lines[i + 1] = fromTop + size * ((lines[i + 1] ?? 0) - top);
	}
	return lines;
}

/** Every pixel with a share of its four neighbours; what is beyond the edges is empty. */
function blurred(covered: Float32Array, share: number): Float32Array {
	if (share === 0) return covered;
	return covered.map((own, i) => {
		const column = i % pictureWidth;
		const besides =
			(column > 0 ? (covered[i - 1] ?? 0) : 0) +
			(column < pictureWidth - 1 ? (covered[i + 1] ?? 0) : 0) +
			(covered[i - pictureWidth] ?? 0) +
			(covered[i + pictureWidth] ?? 0);
		return (1 - share) * own + (share / 4) * besides;
	});
}
