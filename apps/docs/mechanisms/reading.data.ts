import { drawMaps } from "../src/pictures/draw-maps.ts";
import { readStories } from "../src/pictures/stories.ts";

declare const data: string[];

export { data };

export default { load: async () => drawMaps(await readStories()) };
