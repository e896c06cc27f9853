import { type AttentionMap, isAllowed, type ValueRange, wordWeight } from "../attention-map.ts";
import { hexColor, viridis } from "../viridis.ts";

const steps = 48;
export const barWidth = 144;
/** How wide the bar is with both special cells beside it. */
export const legendWidth: number = barWidth + 16 + 70 + 50;

/** The legend: the colours with the weights at their ends, and the special cells where there are some. */
export function colorBar(map: AttentionMap, range: ValueRange, left: number, top: number): string {
	const step = barWidth / steps;
	const bar = Array.from(
		{ length: steps },
		(_, i) =>
			`<rect x="${left + i * step}" y="${top}" width="${step + 0.5}" height="10" fill="${hexColor(viridis(i / (steps - 1)))}"/>`,
	);
	const indices = Array.from({ length: map.weights.length }, (_, i) => i);
	const special: string[] = [];
	let x = left + barWidth + 16;
	if (indices.some((i) => !isAllowed(map, i))) {
		special.push(
			`<rect class="masked" x="${x}" y="${top}" width="10" height="10"/>${word(x + 15, top + 9, "masked")}`,
		);
		x += 70;
	}
	if (indices.some((i) => isAllowed(map, i) && Number.isNaN(map.weights[i]))) {
		special.push(
			`<rect class="masked" x="${x}" y="${top}" width="10" height="10"/><path class="nan" d="M${x + 1} ${top + 1}l8 8m0 -8l-8 8"/>${word(x + 15, top + 9, "NaN")}`,
		);
	}
	return [
		...bar,
		word(left, top + 24, wordWeight(range[0])),
		word(left + barWidth, top + 24, wordWeight(range[1]), "end"),
		...special,
	].join("");
}

function word(x: number, y: number, text: string, anchor = "start"): string {
	return `<text class="muted" x="${x}" y="${y}" font-size="11" text-anchor="${anchor}">${text}</text>`;
}
