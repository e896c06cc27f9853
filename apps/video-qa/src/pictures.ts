import type { AttentionImage, AttentionMap } from "@heed/viz";
import type { Look } from "./looks.ts";

/** Dark columns between the frames of a strip, in pixels. */
const gap = 2;
/** Height of the bars under a strip that tell how much each frame counts, in pixels, when it counts fully. */
const barHeight = 14;

/** `where does the 7 move → left ✗ (right: up)`. */
export function sentenceOf({ question, answer }: Look): string {
	const verdict =
		question.answer === "" ? "" : answer === question.answer ? " ✓" : ` ✗ (right: ${question.answer})`;
	return `${question.text} → ${answer}${verdict}`;
}

/**
 * The frames side by side: with a bar under each as high as its weight where frames are weighed, and the weights of the places
 * as heat where places are.
 */
export function strip(look: Look): AttentionImage {
	const { video, frames, places } = look;
	const { count, height, width } = video;
	const columns = count * (width + gap) - gap;
	const rows = height + (frames === undefined ? 0 : gap + barHeight);
	const pixels = new Float32Array(rows * columns);
	for (let t = 0; t < count; t++) {
		for (let y = 0; y < height; y++) {
			for (let x = 0; x < width; x++) {
				pixels[y * columns + t * (width + gap) + x] = (video.frames[(t * height + y) * width + x] ?? 0) / 255;
			}
		}
		const bar = Math.round(barHeight * (frames?.[t] ?? 0));
		for (let y = rows - bar; y < rows; y++) {
			pixels.fill(0.9, y * columns + t * (width + gap), y * columns + t * (width + gap) + width);
		}
	}
	return {
		title: `video ${video.name}: ${sentenceOf(look)}`,
		caption: captionOf(look),
		height: rows,
		width: columns,
		pixels,
		...(places && { heat: { weights: heatOf(look, rows, columns), rows, columns } }),
	};
}

/** What each question of one video looked at in time: a row per question. `undefined` where frames are not weighed. */
export function frameMap(looks: readonly Look[]): AttentionMap | undefined {
	const [first] = looks;
	if (first?.frames === undefined) return undefined;
	const { count, name } = first.video;
	return {
		title: `video ${name}`,
		queryTokens: looks.map(({ question }) => question.text),
		keyTokens: Array.from({ length: count }, (_, t) => String(t + 1)),
		weights: Float32Array.from(looks.flatMap(({ frames = [] }) => [...frames])),
		axisLabels: { query: "question", key: "frame" },
	};
}

/** How to read a strip. */
function captionOf({ frames, places }: Look): string {
	const bars = frames && "bars: how much each frame counts";
	const heat = places && "colours: where it looked in each frame";
	return [bars, heat].filter((part) => part !== undefined).join("; ") || "no attention";
}

/** The weights of the places as those of the pixels of the strip; 0 beside the frames. */
function heatOf({ video, places }: Look, rows: number, columns: number): Float32Array {
	const heat = new Float32Array(rows * columns);
	if (places === undefined) return heat;
	const { count, height, width } = video;
	for (let t = 0; t < count; t++) {
		for (let y = 0; y < height; y++) {
			for (let x = 0; x < width; x++) {
				const row = Math.floor((y * places.rows) / height);
				const column = Math.floor((x * places.columns) / width);
				const place = (t * places.rows + row) * places.columns + column;
				heat[y * columns + t * (width + gap) + x] = places.weights[place] ?? 0;
			}
		}
	}
	return heat;
}
