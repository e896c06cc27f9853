import { type AttentionMap, renderSvg } from "@heed/viz";

/** Pictures that stand beside each other, in one range of colours. */
export function drawMaps(maps: readonly AttentionMap[]): string[] {
	return maps.map((map) => renderSvg(map, { theme: "light", range: [0, 1], cellSize: 20 }));
}
