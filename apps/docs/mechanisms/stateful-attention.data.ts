import { hardAttention } from "../src/pictures/decoder-attention.ts";
import { drawMaps } from "../src/pictures/draw-maps.ts";
import { copyNames } from "../src/pictures/names.ts";
import { writeSounds } from "../src/pictures/sounds.ts";

declare const data: { readonly sounds: string[]; readonly others: string[] };

export { data };

export default {
	load: async () => ({
		sounds: drawMaps(await writeSounds()),
		others: drawMaps([await hardAttention(), await copyNames()]),
	}),
};
