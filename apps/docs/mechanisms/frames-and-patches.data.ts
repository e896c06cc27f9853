import { askFrames } from "../src/pictures/asked-frames.ts";
import { poolPatches } from "../src/pictures/asked-patches.ts";
import { drawImages } from "../src/pictures/draw-images.ts";
import { drawMaps } from "../src/pictures/draw-maps.ts";

declare const data: { frames: string[]; patches: string[] };

export { data };

export default {
	load: async () => ({ frames: drawMaps([await askFrames()]), patches: drawImages([await poolPatches()]) }),
};
