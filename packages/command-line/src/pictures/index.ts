// Pictures of the user's.
export { edgeLightness, inkBox, isLightAtEdge } from "./find-ink.ts";
export { bytesOf, inverted, type Picture, toGrey, toRgb } from "./picture.ts";
export { readColorDrawing, readDrawing } from "./read-drawing.ts";
export { readPicture } from "./read-picture.ts";
export { type Part, resizeArea } from "./resize-area.ts";
