import { readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { readText, UserError } from "@heed/command-line";
import { readFrame } from "./read-frame.ts";
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
 * Reads a video: all PNG files of a folder in the order of their names, in which numbers count as numbers. They become grey,
 * and are shrunk or stretched to squares.
 *
 * @throws UserError when there is none.
 */
export function readFrames(folder: string, size: number): Video {
	const files = filesOf(folder)
		.filter((file) => /\.png$/iu.test(file))
		.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
	if (files.length === 0) throw new UserError(`${folder}: there is no PNG file, which would be a frame.`);
	const frames = new Uint8Array(files.length * size * size);
	files.forEach((file, i) => {
		frames.set(readFrame(join(folder, file), size), i * size * size);
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
	let list: unknown;
	try {
		list = JSON.parse(readText(path));
	} catch (error) {
		if (error instanceof UserError) throw error;
		throw new UserError(`${path}: this is no JSON (${(error as Error).message}).`, { cause: error });
	}
	if (Array.isArray(list) && list.length > 0) return list;
	throw new UserError(`${path}: expected a list of { "video", "question", "answer" }.`);
}
