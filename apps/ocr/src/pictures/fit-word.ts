import { edgeLightness, inkBox, type Part, type Picture, resizeArea } from "@heed/command-line/pictures";
import { pictureHeight, pictureWidth, type WordPicture } from "./picture.ts";

/** Pixels that differ from the ground by this share of the largest difference are ink. */
const inkShare = 0.4;
/** Size of the ink in the picture that the network sees, and the room around it. */
const [tall, margin] = [15, 2];

/** A word that was cut out. */
export interface FittedWord {
	readonly picture: WordPicture;
	/** Where it was. */
	readonly ink: Part;
}

/** Cuts the word out of a grey picture, and makes it as large as the words are that the network learned from. */
export function fitWord(drawing: Picture): FittedWord {
	const ground = edgeLightness(drawing);
	const whole = { top: 0, left: 0, height: drawing.height, width: drawing.width };
	const ink = inkBox(drawing, ground, inkShare) ?? whole;
	const scale = Math.min(tall / ink.height, (pictureWidth - 2 * margin) / ink.width);
	const height = Math.max(1, Math.round(ink.height * scale));
	const width = Math.max(1, Math.round(ink.width * scale));
	const { values } = resizeArea(drawing, { height, width, part: ink });
	const pixels = new Float32Array(pictureHeight * pictureWidth).fill(ground);
	const top = Math.floor((pictureHeight - height) / 2);
	for (let row = 0; row < height; row++) {
		pixels.set(values.subarray(row * width, (row + 1) * width), (top + row) * pictureWidth + margin);
	}
	return { picture: { height: pictureHeight, width: pictureWidth, pixels }, ink };
}
