import { drawMaps } from "../src/pictures/draw-maps.ts";
import { links } from "../src/pictures/links.ts";

declare const data: string[];

export { data };

export default { load: async () => drawMaps(await links()) };
