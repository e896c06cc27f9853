import { UserError } from "../program/errors.ts";
import { edgeLightness, inkBox } from "./find-ink.ts";
import { type Picture, toGrey } from "./picture.ts";
import { readPicture } from "./read-picture.ts";

/**
 * Reads a PNG or a JPEG of something that is written or drawn on an even ground, in grey. Behind what is transparent lies what
 * it stands out of.
 *
 * @throws UserError for a file that is missing, no picture, damaged or too large, and where nothing stands out.
 */
export function readDrawing(path: string): Picture {
	const grey = toGrey(readPicture(path, "contrast"));
	if (inkBox(grey, edgeLightness(grey), 1) !== undefined) return grey;
	throw new UserError(`${path}: there is nothing to see; all pixels are the same.`);
}
