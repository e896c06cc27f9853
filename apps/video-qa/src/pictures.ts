import type { AttentionImage, AttentionMap } from "@heed/viz";
import type { Look } from "./looks.ts";

/** Dark columns between the frames of a strip, and rows above the bars, in pixels of the video. */
const gap = 2;
/** Height of the highest bar, in pixels of the video. */
const barHeight = 14;
/** About as wide is a strip drawn. */
const stripWidth = 840;

/** `where does the 7 move → left ✗`. */
function titleOf({ question, answer }: Look): string {
	const verdict = question.answer === "" ? "" : answer === question.answer ? " ✓" : " ✗";
	return `${question.text} → ${answer}${verdict}`;
}

/** `where does the 7 move → left ✗ (right: up)`. */
export function sentenceOf(look: Look): string {
	const { question, answer } = look;
	const isWrong = question.answer !== "" && answer !== question.answer;
	return titleOf(look) + (isWrong ? ` (right: ${question.answer})` : "");
}

/**
 * The frames side by side: with a bar under each where frames are weighed, the highest under the weightiest, and the weights
 * of the places as heat where places are.
 */
export function strip(look: Look): AttentionImage {
	const { video, frames, places } = look;
	const { count, height, width } = video;
	const columns = count * (width + gap) - gap;
	const rows = height + (frames === undefined ? 0 : gap + barHeight);
	const factor = Math.max(1, Math.round(stripWidth / columns));
	const bars = frames?.map((weight) => Math.round((barHeight * weight) / Math.max(...frames)));
	const brightness = (row: number, column: number): number => {
		const [t, x] = [Math.floor(column / (width + gap)), column % (width + gap)];
		if (x >= width) return 0;
		if (row >= height) return rows - row <= (bars?.[t] ?? 0) ? 0.9 : 0;
		return (video.frames[(t * height + row) * width + x] ?? 0) / 255;
	};
	const wide = columns * factor;
	return {
		title: titleOf(look),
		caption: captionOf(look),
		height: rows * factor,
		width: wide,
		pixels: Float32Array.from({ length: rows * factor * wide }, (_, i) =>
			brightness(Math.floor(i / wide / factor), Math.floor((i % wide) / factor)),
		),
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

/** What is right, and how to read the strip. */
function captionOf({ question, answer, frames, places }: Look): string {
	const most = frames && Math.round(100 * Math.max(...frames));
	const parts = [
		question.answer !== answer && question.answer !== "" && `right: ${question.answer}`,
		frames && `bars: weight of each frame, up to ${most} %`,
		places && "colours: where it looked",
	];
	return parts.filter((part) => part !== undefined && part !== false).join("; ");
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
