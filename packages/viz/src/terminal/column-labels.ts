import { displayWidth, graphemes, pad, truncate } from "../display-width.ts";
import { largest } from "../largest.ts";

/** A word from top to bottom is cut after this many letters. */
const tallest = 12;
/** A cell is not wider than this. */
const widest = 13;
/** From this width on, words stand across and the longer ones are cut. */
const shortened = 8;

/** The lines above the cells: one with the words where they fit, or the words from top to bottom. */
export function columnLabels(labels: readonly string[], cellWidth: number): string[] {
	const across =
		cellWidth >= shortened || labels.every((label) => displayWidth(label) < Math.max(cellWidth, 2));
	if (across)
		return [labels.map((label) => pad(truncate(label, Math.max(cellWidth - 1, 1)), cellWidth)).join("")];
	const columns = labels.map((label) => {
		const letters = graphemes(label);
		return letters.length > tallest ? [...letters.slice(0, tallest - 1), "…"] : letters;
	});
	const height = largest(columns.map((letters) => letters.length));
	return Array.from({ length: height }, (_, line) =>
		columns.map((letters) => pad(letters[line - (height - letters.length)] ?? "", cellWidth)).join(""),
	);
}

/**
 * How wide a cell is: as wide as the longest word and a gap, or wide enough to shorten the words, where there is room;
 * else two columns, or one; 0 when even that is too wide.
 */
export function cellWidthFor(labels: readonly string[], available: number): number {
	const room = Math.floor(available / labels.length);
	if (room === 0) return 0; // whatever the words are
	const whole = largest(labels.map(displayWidth), 1) + 1;
	if (whole <= room && whole <= widest) return whole;
	if (room >= shortened) return Math.min(room, widest);
	const wide = labels.some((label) => graphemes(label).some((letter) => displayWidth(letter) > 1));
	return room >= 2 ? 2 : !wide ? 1 : 0;
}
