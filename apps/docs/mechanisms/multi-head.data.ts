import { drawMaps } from "../src/pictures/draw-maps.ts";
import { twoHeads } from "../src/pictures/two-heads.ts";

declare const data: string[];

export { data };

export default { load: async () => drawMaps(await twoHeads()) };
