import { UserError } from "@heed/command-line";
import { readDigits } from "@heed/command-line/digits";
import { renderScene, type SmallDigits, smallDigits } from "./render-scene.ts";
import { directions, drawScene, type Scene, sceneFrames } from "./scene.ts";
import { askAbout } from "./scene-questions.ts";
import { heldOutVideos } from "./settings.ts";
import type { VideoExample, VideoSplit } from "./video.ts";

/** Number of videos to choose the epoch by; but not more than there are to learn from. */
const devVideos = 200;
/** What is to be seen in the frames of generated videos: ten digits, and something that moves in one of four ways. */
export const sceneClasses: number = 10 + directions.length;

/**
 * Makes videos of handwritten digits. Those to be judged by, and only those, are written by other hands: the digits for
 * judging of {@link readDigits}.
 *
 * @param seed Of the videos to learn from; the others are always the same.
 * @param heldOut Number of videos to be judged by.
 */
export function generateVideos({
	videos,
	seed,
	heldOut,
}: {
	readonly videos: number;
	readonly seed: number;
	readonly heldOut: number;
}): VideoSplit {
	const train = readSmallDigits().train;
	const make = (count: number, start: number): VideoExample[] =>
		Array.from({ length: count }, (_, i) => makeExample(start + i, train, String(i)));
	return {
		train: make(videos, 2 ** 30 + seed * 2 ** 16),
		dev: make(Math.min(devVideos, videos), 2 ** 20),
		test: makeHeldOut(0, heldOut),
	};
}

/**
 * One of the videos to be judged by.
 *
 * @throws UserError for a number beyond the last.
 */
export function heldOutVideo(number: number): VideoExample {
	const video = number < heldOutVideos ? makeHeldOut(number, 1)[0] : undefined;
	if (video !== undefined) return video;
	throw new UserError(`there is no held-out video ${number}; they are 0 to ${heldOutVideos - 1}.`);
}

function makeHeldOut(first: number, count: number): VideoExample[] {
	const digits = readSmallDigits().test;
	return Array.from({ length: count }, (_, i) => makeExample(first + i, digits, String(first + i)));
}

let digitsRead: { readonly train: SmallDigits; readonly test: SmallDigits } | undefined;

/** Read once: unpacking the digits takes seconds. */
function readSmallDigits(): NonNullable<typeof digitsRead> {
	if (digitsRead !== undefined) return digitsRead;
	const { train, test } = readDigits();
	digitsRead = { train: smallDigits(train), test: smallDigits(test) };
	return digitsRead;
}

function makeExample(seed: number, digits: SmallDigits, name: string): VideoExample {
	const scene = drawScene(seed);
	return {
		video: renderScene(scene, digits, seed, name),
		questions: askAbout(scene, seed),
		seen: seenIn(scene),
	};
}

/** What is in each frame: its digits, and the ways in which some of them move into it. */
function seenIn(scene: Scene): number[][] {
	return Array.from({ length: sceneFrames }, (_, t) => {
		const there = scene.filter(({ appearances }) => appearances.some(({ frame }) => frame === t));
		const moving = there.flatMap(({ direction, appearances }) =>
			direction === undefined || appearances[0]?.frame === t ? [] : [10 + directions.indexOf(direction)],
		);
		return [...there.map(({ digit }) => digit), ...new Set(moving)];
	});
}
