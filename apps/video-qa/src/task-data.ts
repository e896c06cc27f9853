import { UserError } from "@heed/command-line";
import { hashSplit, hashText } from "@heed/nlp";
import { type Codec, learnCodec } from "./codec.ts";
import { generateVideos, sceneClasses } from "./generated-videos.ts";
import { readVideoFolder } from "./read-video-folder.ts";
import type { ModelSettings } from "./settings.ts";
import type { VideoSplit } from "./video.ts";

/** What a training needs. */
export interface TaskData extends VideoSplit {
	readonly codec: Codec;
}

/**
 * The videos of a training with their words and answers.
 *
 * @param heldOut Number of generated videos to be judged by.
 * @param folder Of the videos, if they are not generated.
 * @throws UserError for a folder that cannot be used.
 */
export function taskData(settings: ModelSettings, heldOut: number, folder?: string): TaskData {
	const split = readVideos(settings, heldOut, folder);
	const questions = split.train.flatMap((example) => example.questions);
	const codec = learnCodec(questions, folder === undefined ? sceneClasses : 0);
	return { ...split, codec };
}

/**
 * Makes or reads the videos. Of a folder's, a tenth is held out and a tenth of the rest decides which epoch to keep, by a hash
 * of the video's name.
 *
 * @throws UserError for a folder that cannot be used.
 */
export function readVideos(
	{ videos, seed, size }: ModelSettings,
	heldOut: number,
	folder: string | undefined,
): VideoSplit {
	if (folder === undefined) return generateVideos({ videos, seed, heldOut });
	const all = readVideoFolder(folder, size);
	const key = ({ video }: (typeof all)[number]): string => video.name;
	const outer = hashSplit(all, { key });
	const inner = hashSplit(outer.train, { key, seed: hashText("validation") });
	const split = { train: inner.train, dev: inner.heldOut, test: outer.heldOut };
	for (const [part, examples] of Object.entries(split)) {
		if (examples.length > 0) continue;
		const use = { train: "to learn from", dev: "to decide when to stop", test: "to be judged by" }[part];
		throw new UserError(`${folder}: of ${all.length} videos none is left ${use}; give some dozens at least.`);
	}
	return split;
}
