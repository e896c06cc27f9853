import type { AttentionImage, AttentionMap, HtmlSection } from "@heed/viz";
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

/** Some words, with where the decoder looked for their letters. */
export function looksSection(
	heading: string,
	looks: readonly { readonly reading: Reading; readonly title: string }[],
): HtmlSection {
	return {
		heading,
		...(looks.length > 0 && {
			text:
				"Before it wrote a letter the decoder looked at these columns of the picture. In the maps a row is a letter, and its " +
				"weights add up to 1; in the pictures they lie over the word, which is shown once for each letter.",
		}),
		images: looks.flatMap(({ reading, title }) => lookImages(reading, title)),
		maps: looks.map(({ reading, title }) => lookMap(reading, title)).filter((map) => map !== undefined),
	};
}

/** The picture of a word once for every letter, with where the decoder looked for it. */
function lookImages({ picture, tokens, weights }: Reading, title: string): AttentionImage[] {
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
