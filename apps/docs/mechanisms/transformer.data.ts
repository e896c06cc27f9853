import { drawMaps } from "../src/pictures/draw-maps.ts";
import { transformerHeads } from "../src/pictures/other-translators.ts";

declare const data: string[];

export { data };

export default { load: async () => drawMaps(await transformerHeads()) };
