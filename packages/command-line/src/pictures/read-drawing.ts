import { UserError } from "../program/errors.ts";
import { edgeLightness, faintest, inkBox } from "./find-ink.ts";
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
	throw nothingToSee(path);
}

/**
 * {@link readDrawing} in the colours of the file: what differs in colour alone stands out as well.
 *
 * @throws UserError for a file that is missing, no picture, damaged or too large, and where nothing stands out.
 */
export function readColorDrawing(path: string): Picture {
	const picture = readPicture(path, "contrast");
	const { colors, values } = picture;
	for (let color = 0; color < colors; color++) {
		let [least, most] = [1, 0];
		for (let i = color; i < values.length; i += colors) {
			least = Math.min(least, values[i] ?? 0);
			most = Math.max(most, values[i] ?? 0);
		}
		if (most - least >= faintest) return picture;
	}
	throw nothingToSee(path);
}

function nothingToSee(path: string): UserError {
	return new UserError(`${path}: there is nothing to see; all pixels are the same.`);
}
