import { decoderAttention } from "../src/pictures/decoder-attention.ts";
import { drawMaps } from "../src/pictures/draw-maps.ts";

declare const data: string[];

export { data };

export default { load: async () => drawMaps(await decoderAttention()) };
