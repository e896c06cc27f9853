import { displayWidth, graphemes, pad } from "../display-width.ts";

const tallest = 12;

/** The lines above the cells: one with whole words where they fit, or the words from top to bottom. */
export function columnLabels(labels: readonly string[], cellWidth: number): string[] {
	if (fitsAcross(labels, cellWidth)) return [labels.map((label) => pad(label, cellWidth)).join("")];
	const columns = labels.map((label) => {
		const letters = graphemes(label);
		return letters.length > tallest ? [...letters.slice(0, tallest - 1), "…"] : letters;
	});
	const height = Math.max(...columns.map((letters) => letters.length));
	return Array.from({ length: height }, (_, line) =>
		columns.map((letters) => pad(letters[line - (height - letters.length)] ?? "", cellWidth)).join(""),
	);
}

/**
 * How wide a cell is: as wide as the longest word and a gap, when all of them fit into the columns that are there;
 * or two columns, or one; 0 when even that is too wide.
 */
export function cellWidthFor(labels: readonly string[], available: number): number {
	const across = Math.max(2, Math.max(...labels.map(displayWidth)) + 1);
	const narrow = labels.some((label) => graphemes(label).some((letter) => displayWidth(letter) > 1))
		? [2]
		: [2, 1];
	return [across, ...narrow].find((width) => width <= 13 && width * labels.length <= available) ?? 0;
}

const fitsAcross = (labels: readonly string[], cellWidth: number): boolean =>
	labels.every((label) => displayWidth(label) < Math.max(cellWidth, 2));
