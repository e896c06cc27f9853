import { join } from "node:path";
import {
	heatMap,
	loadWeights,
	preparePage,
	print,
	rounded,
	roundedRows,
	UserError,
	writePage,
} from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import { buildModel } from "./build-model.ts";
import type { Codec } from "./codec.ts";
import { heldOutVideo } from "./generated-videos.ts";
import { answerAll, type Look } from "./looks.ts";
import type { RunOptions } from "./options.ts";
import { frameMap, sentenceOf } from "./pictures.ts";
import { readFrames } from "./read-video-folder.ts";
import { lookSections } from "./report.ts";
import type { ModelSettings } from "./settings.ts";
import { store } from "./store.ts";
import type { VideoExample } from "./video.ts";

/** `video-qa run`: answers questions about a video with a trained model, and shows where it looked. */
export async function runCommand(questions: readonly string[], options: RunOptions): Promise<void> {
	const { model: folder = join("out", "both"), json = false, attention } = options;
	const stored = await store.readModel(folder, options);
	const { settings, codec } = stored;
	for (const text of questions) checkWords(text, codec);
	const example = exampleOf(questions, options, settings);
	await preparePage(options);
	await startBackend(options.backend);
	const model = buildModel(settings, codec);
	loadWeights(model.weights, stored);
	const looks = await answerAll(model, codec, [example]);
	model.dispose();

	for (const look of looks) await print(json ? JSON.stringify(jsonOf(look)) : sentenceOf(look));
	const map = json || !attention ? "" : heatMap(frameMap(looks));
	if (map !== "") await print(`\n${map}`);
	await writePage(options, `Video ${example.video.name}`, () => lookSections([looks]));
}

/** Refuses a question with words that were not learned, or without any. */
function checkWords(text: string, codec: Codec): void {
	if (codec.encode(text).length === 0) throw new UserError(`"${text}" has no word; ask a question.`);
	const unknown = codec.unknownWords(text);
	if (unknown.length === 0) return;
	const words = codec.words.toJSON().tokens;
	const shown = words.length > 60 ? `${words.slice(0, 60).join(" ")} …` : words.join(" ");
	const each = unknown.map((word) => `"${word}"`).join(", ");
	throw new UserError(`"${text}": the model has not learned ${each}. It knows: ${shown}.`);
}

/** The video, and what is asked about it: what was given, or all that is known to be asked about a generated one. */
function exampleOf(
	questions: readonly string[],
	{ frames, video }: RunOptions,
	{ task, size }: ModelSettings,
): VideoExample {
	const given = questions.map((text) => ({ text, answer: "", type: "" }));
	if (frames !== undefined) {
		if (video !== undefined) throw new UserError("--frames and --video contradict each other; give one.");
		if (given.length === 0) throw new UserError("what is the question? Give it in quotes.");
		return { video: readFrames(frames, size), questions: given };
	}
	if (task === "folder") throw new UserError("this model is of videos of a folder: give --frames.");
	const example = heldOutVideo(video ?? 0);
	const known = given.map(({ text }) => example.questions.find((question) => question.text === text));
	return given.length === 0
		? example
		: { ...example, questions: given.map((question, i) => known[i] ?? question) };
}

/** An answer with the likeliest others, and where it looked: a weight per frame, and for each frame rows of places. */
function jsonOf(look: Look): object {
	const { video, question, answer, frames, places } = look;
	return {
		video: video.name,
		question: question.text,
		answer,
		...(question.answer !== "" && { right: question.answer }),
		probability: rounded(Math.max(...look.probabilities)),
		...(frames && { frames: Array.from(frames, rounded) }),
		...(places && {
			places: Array.from({ length: video.count }, (_, t) => {
				const size = places.rows * places.columns;
				return roundedRows(places.weights.subarray(t * size, (t + 1) * size), places.columns);
			}),
		}),
	};
}
