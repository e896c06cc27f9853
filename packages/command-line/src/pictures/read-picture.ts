import { readBytes } from "../files/read-text.ts";
import { UserError } from "../program/errors.ts";
import { decodePicture } from "./decode-picture.ts";
import { type Ground, onGround, type Picture } from "./picture.ts";

/**
 * Reads a PNG or a JPEG, by its content and not by its name.
 *
 * @param ground What lies behind what is transparent.
 * @throws UserError for a file that is missing, no picture, damaged or too large.
 */
export function readPicture(path: string, ground: Ground): Picture {
	const bytes = readBytes(path, "a picture");
	try {
		return onGround(decodePicture(bytes), ground);
	} catch (error) {
		const reason = (error as Error).message.replace(/\s+/gu, " ").replace(/\.$/u, "");
		throw new UserError(`${path}: this picture cannot be read (${reason}).`, { cause: error });
	}
}
