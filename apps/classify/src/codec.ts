import { UserError } from "@heed/command-line";
import type { LabelledImages } from "@heed/command-line/digits";

/** The names of the classes, and what pictures of theirs look like. */
export interface Codec {
	/** The name of each class, by its number. */
	readonly classes: readonly string[];
	readonly height: number;
	readonly width: number;
	/** Pixels of background on the side of a picture where there are fewest, in half of the pictures at least. */
	readonly margin: number;
}

const fashion = "T-shirt,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot".split(",");

/**
 * Learns what there is to know of the pictures of a training.
 *
 * @param names Of the classes; without them a class is called by its number, and those of Fashion-MNIST by what they are.
 * @param data The folder that the pictures are from.
 * @throws UserError for another number of names than of classes.
 */
export function learnCodec(
	images: LabelledImages,
	{
		names,
		data = "",
	}: { readonly names?: readonly string[] | undefined; readonly data?: string | undefined },
): Codec {
	const count = images.labels.reduce((most, label) => Math.max(most, label + 1), 0);
	const numbers = Array.from({ length: count }, (_, i) => String(i));
	const known = /fashion/iu.test(data) && count === fashion.length ? fashion : numbers;
	const classes = names ?? known;
	if (classes.length !== count || new Set(classes).size !== count) {
		throw new UserError(`--names has ${classes.length} names; expected ${count} different ones.`);
	}
	const { height, width } = images;
	return { classes, height, width, margin: marginOf(images) };
}

/** What {@link readCodec} reads. */
export function codecJson({ classes, height, width, margin }: Codec): Codec {
	return { classes, height, width, margin };
}

/**
 * Reads what {@link codecJson} wrote.
 *
 * @throws Error that says what is missing.
 */
export function readCodec(json: Partial<Codec>): Codec {
	const { classes, height = 0, width = 0, margin = 0 } = json;
	if (!Array.isArray(classes) || classes.length < 2 || classes.some((name) => typeof name !== "string")) {
		throw new Error("it has no list of classes.");
	}
	if (![height, width, margin + 1].every((size) => Number.isInteger(size) && size > 0)) {
		throw new Error("it does not say how large its pictures are.");
	}
	return { classes, height, width, margin };
}

/** Brighter than this is no background. */
const background = 25;

function marginOf({ images, count, height, width }: LabelledImages): number {
	const margins = Array.from({ length: Math.min(count, 500) }, (_, i) => {
		const first = Math.floor((i * count) / Math.min(count, 500)) * height * width;
		let least = Math.floor((Math.min(height, width) - 1) / 2);
		for (let row = 0; row < height; row++) {
			for (let column = 0; column < width; column++) {
				if ((images[first + row * width + column] ?? 0) <= background) continue;
				least = Math.min(least, row, column, height - 1 - row, width - 1 - column);
			}
		}
		return least;
	});
	return margins.sort((a, b) => a - b)[Math.floor(margins.length / 2)] ?? 0;
}
