import { drawPictures, type Pictures } from "../src/pictures/draw-pictures.ts";

declare const data: Pictures;

export { data };

export default { load: drawPictures };
