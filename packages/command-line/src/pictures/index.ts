// Pictures of the user's.
export { type DecodedPicture, decodePng } from "./decode-png.ts";
