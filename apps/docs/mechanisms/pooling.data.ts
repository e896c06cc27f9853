import { drawMaps } from "../src/pictures/draw-maps.ts";
import { poolReviews } from "../src/pictures/reviews.ts";

declare const data: string[];

export { data };

export default { load: async () => drawMaps(await poolReviews()) };
