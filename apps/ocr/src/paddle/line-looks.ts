import { type Picture, resizeArea } from "@heed/command-line/pictures";
import type { AttentionImage, AttentionMap, HtmlSection } from "@heed/viz";
import type { Angle } from "./angle-classifier.ts";
import type { LineReading } from "./line-reader.ts";

/** What was read in a line, and where each character came from. */
export function readingSections(name: string, line: Picture, reading: LineReading): HtmlSection[] {
	const { text, tokens, attention } = reading;
	const columns = tokens.length;
	const said = [...tokens.keys()].filter((column) => tokens[column] !== "");
	const rows = attention.map((weights) =>
		Float32Array.from(
			{ length: said.length * columns },
			(_, i) => weights[(said[Math.floor(i / columns)] ?? 0) * columns + (i % columns)] ?? 0,
		),
	);
	const titles = ["first block", "second block"];
	const images = [
		imageOf(line, "as it was seen"),
		...rows.map((weights, block): AttentionImage => {
			const heat = Float32Array.from({ length: columns }, (_, column) =>
				said.reduce((sum, __, row) => sum + (weights[row * columns + column] ?? 0), 0),
			);
			return {
				...imageOf(line, titles[block] ?? ""),
				heat: { weights: heat, rows: 1, columns, smooth: true },
			};
		}),
	];
	const maps = rows.flatMap((weights, block): AttentionMap[] =>
		said.length === 0
			? []
			: [
					{
						title: titles[block] ?? "",
						queryTokens: said.map((column) => tokens[column] ?? ""),
						keyTokens: tokens.map((token) => (token === "" ? "·" : token)),
						weights,
						axisLabels: { query: "character", key: "column and what it says" },
					},
				],
	);
	return [
		{
			heading: `${name}: ${text === "" ? "nothing" : text}`,
			text: "Where the columns looked that say a character: in the pictures all together, in the maps one by one.",
			images,
		},
		{ maps },
	];
}

/** Channels of a gate in a row of the page. */
const perRow = 25;

/** Whether a line stands upright, and how far every gate lets each channel through. */
export function angleSections(
	heading: string,
	line: Picture,
	{ gates }: Pick<Angle, "gates">,
): HtmlSection[] {
	const maps = gates.map((gate, i): AttentionMap => {
		const columns = Math.min(perRow, gate.length);
		const rows = Math.ceil(gate.length / columns);
		const cells = Array.from({ length: rows * columns }, (_, cell) => cell);
		return {
			title: `gate ${i + 1}`,
			queryTokens: Array.from({ length: rows }, (_, row) => String(row * columns)),
			keyTokens: Array.from({ length: columns }, (_, column) => String(column + 1)),
			weights: cells.map((cell) => gate[cell] ?? 0),
			mask: cells.map((cell) => cell < gate.length),
			axisLabels: { query: "from", key: "channel" },
		};
	});
	return [{ heading, images: [imageOf(line, "as it was seen")] }, { maps }];
}

/** A line, twice as large. */
function imageOf(line: Picture, title: string): AttentionImage {
	const { height, width, values } = resizeArea(line, { height: 2 * line.height, width: 2 * line.width });
	return { title, height, width, pixels: values };
}
