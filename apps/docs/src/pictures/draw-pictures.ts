import { type AttentionMap, renderSvg } from "@heed/viz";
import * as tf from "@tensorflow/tfjs-core";
import { drawMaps } from "./draw-maps.ts";
import { masks } from "./masks.ts";
import { normalizers } from "./normalizers.ts";
import { readBackwards } from "./read-backwards.ts";

/** The pictures of the site, as SVG. The style sheet of the site gives them its dark colours. */
export interface Pictures {
	readonly backwards: string;
	readonly normalizers: string;
	readonly masks: readonly string[];
}

/** Runs the programs behind the pictures, and draws what they computed. */
export async function drawPictures(): Promise<Pictures> {
	await tf.ready();
	const draw = (map: AttentionMap): string => renderSvg(map, { theme: "light", range: [0, 1] });
	return {
		backwards: draw(await readBackwards()),
		normalizers: draw(normalizers()),
		masks: drawMaps(masks()),
	};
}
