import { drawMaps } from "../src/pictures/draw-maps.ts";
import { convolutionalLayers } from "../src/pictures/other-translators.ts";

declare const data: string[];

export { data };

export default { load: async () => drawMaps(await convolutionalLayers()) };
