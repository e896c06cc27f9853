import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { readJson, UserError } from "@heed/command-line";
import { bytesOf, readPicture, resizeArea, toGrey } from "@heed/command-line/pictures";
import type { Question, Video, VideoExample } from "./video.ts";

/**
 * Reads a folder of videos: `questions.json`, a list of `{ "video", "question", "answer", "type" }` of which the type may be
 * missing, and for each video a folder of its name, see {@link readFrames}.
 *
 * @throws UserError that says what is wrong where.
 */
export function readVideoFolder(folder: string, size: number): VideoExample[] {
	const path = join(folder, "questions.json");
	const byVideo = new Map<string, Question[]>();
	for (const [i, entry] of listOf(path).entries()) {
		const { video, question, answer, type = "all" } = (entry ?? {}) as Readonly<Record<string, unknown>>;
		for (const [name, value] of Object.entries({ video, question, answer, type })) {
			if (typeof value === "string" && value.trim() !== "") continue;
			throw new UserError(`${path}: entry ${i + 1} has no \`${name}\` that is a text.`);
		}
		const questions = byVideo.get(video as string) ?? [];
		questions.push({ text: question as string, answer: answer as string, type: type as string });
		byVideo.set(video as string, questions);
	}
	return [...byVideo].map(([name, questions]) => ({
		video: { ...readFrames(join(folder, name), size), name },
		questions,
	}));
}

/**
 * Reads a video: all PNG and JPEG files of a folder in the order of their names, in which numbers count as numbers. They become
 * grey, and are shrunk or stretched to squares. What is transparent is black.
 *
 * @throws UserError when there is none.
 */
export function readFrames(folder: string, size: number): Video {
	const files = filesOf(folder)
		.filter((file) => /\.(?:png|jpe?g)$/iu.test(file))
		.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
	if (files.length === 0)
		throw new UserError(`${folder}: there is no PNG or JPEG file, which would be a frame.`);
	const frames = new Uint8Array(files.length * size * size);
	files.forEach((file, i) => {
		const grey = toGrey(readPicture(join(folder, file), "black"));
		frames.set(bytesOf(resizeArea(grey, { height: size, width: size })), i * size * size);
	});
	return { name: basename(folder), frames, count: files.length, height: size, width: size };
}

function filesOf(folder: string): string[] {
	try {
		return readdirSync(folder);
	} catch (error) {
		throw new UserError(`${folder}: there is no such folder of frames.`, { cause: error });
	}
}

function listOf(path: string): unknown[] {
	const list = readJson(path);
	if (Array.isArray(list) && list.length > 0) return list;
	throw new UserError(`${path}: expected a list of { "video", "question", "answer" }.`);
}
