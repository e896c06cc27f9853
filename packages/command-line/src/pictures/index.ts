// Pictures of the user's.

export { decodePicture as decodePng } from "./decode-picture.ts";
export { edgeLightness, inkBox, isLightAtEdge } from "./find-ink.ts";
export { bytesOf, type DecodedPicture, inverted, type Picture, toGrey, toRgb } from "./picture.ts";
export { readDrawing } from "./read-drawing.ts";
export { readPicture } from "./read-picture.ts";
export { type Part, resizeArea } from "./resize-area.ts";
