import { drawImages } from "../src/pictures/draw-images.ts";
import { followShapes } from "../src/pictures/follow-shapes.ts";
import { readStrips } from "../src/pictures/read-strips.ts";

declare const data: { cuts: string[]; ways: string[] };

export { data };

export default {
	load: async () => ({ cuts: drawImages(await followShapes()), ways: drawImages(await readStrips()) }),
};
