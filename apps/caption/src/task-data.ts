import { UserError } from "@heed/command-line";
import { hashSplit, hashText, Vocabulary } from "@heed/nlp";
import type { Picture } from "./pictures/picture.ts";
import { readCoco } from "./pictures/read-coco.ts";
import { scenePictures } from "./scenes/scene-pictures.ts";
import type { ModelSettings, Settings } from "./settings.ts";

/** Pictures to be judged by. */
export interface HeldOutSet {
	readonly name: string;
	readonly pictures: readonly Picture[];
}

/** What a training needs. */
export interface TaskData {
	readonly vocabulary: Vocabulary;
	/** What the weights are fitted to. */
	readonly train: readonly Picture[];
	/** What decides which epoch to keep. */
	readonly dev: readonly Picture[];
	/** What the captioner is judged by, once, at the end. */
	readonly heldOut: readonly HeldOutSet[];
}

/** Where pictures of the user are. */
export interface TaskFiles {
	readonly data?: string | undefined;
	readonly captions?: string | undefined;
}

/**
 * Makes up or reads the pictures of a task. All follows from the settings and the files alone, so a training that goes on
 * sees what it saw before.
 *
 * @throws UserError for files that cannot be used, or too few pictures.
 */
export function taskData({ model: settings, run }: Settings, files: TaskFiles): TaskData {
	checkFiles(settings, files);
	const { data } = files;
	const pictures =
		data === undefined ? sceneData(settings, run.heldOut) : pictureData(settings, { ...files, data });
	const { minCount } = settings;
	const captions = pictures.train.flatMap((picture) => picture.captions.map((text) => text.split(" ")));
	const vocabulary = Vocabulary.fromTokens(captions, { minCount });
	return { vocabulary, ...pictures };
}

type Split = Omit<TaskData, "vocabulary">;

/**
 * Sees that the settings fit where the pictures come from, before any is made or read.
 *
 * @throws UserError
 */
export function checkFiles({ limit, seen }: ModelSettings, { data, captions }: TaskFiles): void {
	if (data === undefined && captions !== undefined) {
		throw new UserError("--captions goes with --data; give the folder of the pictures as well.");
	}
	if (data === undefined && limit === 0) {
		throw new UserError("--limit is 0, and there is no end of scenes; say how many.");
	}
	if (data !== undefined && seen > 0) {
		throw new UserError(
			"--seen is for made-up scenes; of pictures it is not known what is where. Leave it out.",
		);
	}
}

/** Seed of the scenes to be judged by, whatever is learned from. */
const heldOutSeed = 0;

/** Scenes of their own for every use; the second held-out set shows combinations that no other set has. */
function sceneData(settings: ModelSettings, heldOut: number): Split {
	const { limit, size, seed } = settings;
	const make = (name: string, share: number) =>
		scenePictures({ name, size, seed, count: Math.ceil(share * limit) });
	return {
		train: make("train", 1),
		dev: make("validation", 0.05),
		heldOut: heldOutScenes(settings, heldOut),
	};
}

/** The scenes to be judged by alone. */
export function heldOutScenes({ size }: ModelSettings, count: number): HeldOutSet[] {
	const keep = (name: string, withNew: boolean) =>
		scenePictures({ name, size, seed: heldOutSeed, withNew, count });
	return [
		{ name: "new scenes", pictures: keep("held-out", false) },
		{ name: "new combinations", pictures: keep("new", true) },
	];
}

/** A tenth is held out and a twentieth of the rest decides which epoch to keep, by a hash of the file's name. */
function pictureData(settings: ModelSettings, files: TaskFiles & { readonly data: string }): Split {
	const { size, limit } = settings;
	const all = readCoco({ folder: files.data, captions: files.captions, size, limit });
	const split = (pictures: readonly Picture[], fraction: number, seed: number) =>
		hashSplit(pictures, { key: ({ name }) => name, fraction, seed });
	const outer = split(all, 0.1, 0);
	const inner = split(outer.train, 0.05, hashText("validation"));
	if (Math.min(inner.train.length, inner.heldOut.length, outer.heldOut.length) === 0) {
		throw new UserError(
			`${all.length} pictures with captions are too few to hold some out; give some dozens at least.`,
		);
	}
	return {
		train: inner.train,
		dev: inner.heldOut,
		heldOut: [{ name: "held-out pictures", pictures: outer.heldOut }],
	};
}
