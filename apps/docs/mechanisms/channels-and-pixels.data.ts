import { askScenes } from "../src/pictures/asked-scenes.ts";
import { drawImages } from "../src/pictures/draw-images.ts";
import { drawMaps } from "../src/pictures/draw-maps.ts";

declare const data: { images: string[]; channels: string[] };

export { data };

export default {
	load: async () => {
		const { images, channels } = await askScenes();
		return { images: drawImages(images), channels: drawMaps([channels]) };
	},
};
