import { rounded } from "@heed/command-line";
import type { AttentionImage } from "@heed/viz";
import type { Pictures } from "./data/picture-batches.ts";
import type { Answer, Window } from "./networks/recognizer.ts";

/** A picture, what a network says of it, and where it looked. */
export interface Look {
	/** One picture. */
	readonly picture: Pictures;
	/** What it shows, where that is known. */
	readonly truth?: number | undefined;
	/** Its file, where it has one. */
	readonly name?: string;
	readonly answer: Answer;
}

/** A look in a line. */
export function lookText({ truth, name, answer: { digit, probability, place } }: Look): string {
	const said = `${name === undefined ? "" : `${name}: `}${digit} (${(100 * probability).toFixed(1)} %)`;
	const known = truth === undefined ? "" : truth === digit ? ", right" : `, but it is ${truth}`;
	if (place === undefined) return said + known;
	const numbers = (values: readonly number[]): string => values.map((value) => value.toFixed(2)).join(", ");
	const where =
		place.kind === "warp"
			? `theta ${numbers(place.theta)}`
			: place.locations.map((location) => `(${numbers(location)})`).join(" → ");
	return `${said}${known}; ${where}`;
}

/** A look as plain numbers. */
export function lookJson({ truth, name, answer: { digit, probability, place } }: Look): object {
	return {
		...(name !== undefined && { file: name }),
		...{ digit, probability: rounded(probability) },
		...(truth !== undefined && { truth }),
		...(place?.kind === "warp" && {
			theta: place.theta.map(rounded),
			outline: place.outline.map((point) => point.map(rounded)),
		}),
		...(place?.kind === "glimpses" && { locations: place.locations.map((point) => point.map(rounded)) }),
	};
}

/** The picture with where it looked, and beside it what it saw there. */
export function lookImages(look: Look): AttentionImage[] {
	const { picture, truth, name, answer } = look;
	const { height, width, pixels } = picture;
	const { place, digit, probability } = answer;
	const caption = `said ${digit}, ${(100 * probability).toFixed(0)} %`;
	const title = name ?? (truth === undefined ? "" : `a ${truth}`);
	if (place === undefined) return [{ title, caption, height, width, pixels }];
	if (place.kind === "warp") {
		const marks = [{ points: place.outline, closed: true }];
		return [
			{ title, caption, height, width, pixels, marks },
			{ title: "as it was seen", ...place.seen },
		];
	}
	const path = place.locations.map(([x, y]): [number, number] => [
		((x + 1) / 2) * width,
		((y + 1) / 2) * height,
	]);
	const boxes = place.windows.flatMap((windows, i) =>
		windows.slice(0, 1).map((window) => ({ points: cornersOf(window), closed: true, label: String(i + 1) })),
	);
	return [
		{ title, caption, height, width, pixels, marks: [...boxes, { points: path }] },
		{ title: "what was seen", height, width, pixels: seenPixels(picture, place.windows) },
	];
}

function cornersOf({ left, top, side }: Window): [number, number][] {
	return [
		[left, top],
		[left + side, top],
		[left + side, top + side],
		[left, top + side],
	];
}

/** What lay in no window is half dark; what lay in a coarse one only is as coarse as it was seen there. */
function seenPixels(
	{ height, width, pixels }: Pictures,
	windows: readonly (readonly Window[])[],
): Float32Array {
	const seen = new Float32Array(height * width).fill(0.3);
	const inside = (row: number, column: number): boolean =>
		row >= 0 && row < height && column >= 0 && column < width;
	const coarseFirst = windows.flat().sort((a, b) => b.ratio - a.ratio);
	for (const { left, top, side, ratio } of coarseFirst) {
		for (let row = top; row < top + side; row += ratio) {
			for (let column = left; column < left + side; column += ratio) {
				const block = Array.from({ length: ratio * ratio }, (_, i): [number, number] => [
					row + Math.floor(i / ratio),
					column + (i % ratio),
				]).filter(([y, x]) => inside(y, x));
				const sum = block.reduce((total, [y, x]) => total + (pixels[y * width + x] ?? 0), 0);
				for (const [y, x] of block) seen[y * width + x] = sum / ratio ** 2;
			}
		}
	}
	return seen;
}
