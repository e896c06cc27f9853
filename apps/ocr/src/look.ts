import type { AttentionImage, AttentionMap } from "@heed/viz";
import { pixelsPerColumn } from "./model/image-encoder.ts";
import type { Reading } from "./model/read-pictures.ts";

/** Which columns of the picture were looked at for which letter, as a map. */
export function lookMap({ text, tokens, weights }: Reading, title: string = text): AttentionMap | undefined {
	if (tokens.length === 0) return undefined;
	const columns = weights.length / tokens.length;
	return {
		title,
		queryTokens: tokens,
		keyTokens: Array.from({ length: columns }, (_, i) => `${i * pixelsPerColumn}`),
		weights,
		axisLabels: { query: "letter", key: "columns of the picture, by their first pixel" },
	};
}

/** The picture of a word once for every letter, with where the decoder looked for it. */
export function lookImages({ picture, tokens, weights }: Reading, title: string): AttentionImage[] {
	const { height, width, pixels } = picture;
	const columns = weights.length / Math.max(1, tokens.length);
	return tokens.map((token, row) => ({
		title: row === 0 ? title : "",
		caption: token,
		height,
		width,
		pixels,
		heat: { weights: weights.subarray(row * columns, (row + 1) * columns), rows: 1, columns, smooth: true },
	}));
}
