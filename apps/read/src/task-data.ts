import { UserError } from "@heed/command-line";
import { hashSplit, hashText } from "@heed/nlp";
import { Codec, type EncodedAnswer } from "./codec.ts";
import type { AnsweredQuestion } from "./question.ts";
import { readClozeFile } from "./read-cloze-file.ts";
import type { ModelSettings } from "./settings.ts";
import { type StoryQuestions, storyQuestions } from "./story-questions.ts";

/** Questions that a reader is judged by. */
export interface JudgedSet {
	/** For instance `held-out stories`. */
	readonly name: string;
	readonly questions: readonly AnsweredQuestion[];
}

/** What a training needs. */
export interface TaskData {
	readonly codec: Codec;
	/** What the weights are fitted to. */
	readonly train: readonly EncodedAnswer[];
	/** What decides when to stop: a twentieth of the rest, again by a hash, so that no story is in both. */
	readonly validation: readonly EncodedAnswer[];
	/** What the reader is judged by, once, at the end. */
	readonly judged: readonly JudgedSet[];
	/** Training questions that were left out: too long, or with an answer that the story does not have. */
	readonly left: number;
}

/** Sentences of a story, in training and of the longer ones. */
export const storyLength = [5, 10] as const;
export const longerStoryLength = [12, 20] as const;

/**
 * Makes the questions of a task. They are a function of the settings and the file alone, so a training that goes on
 * sees what it saw before.
 *
 * @param path The file of the questions; made-up stories need none.
 * @throws UserError for a file that cannot be used.
 */
export function taskData(settings: ModelSettings, path: string | undefined): TaskData {
	const { seed, limit, minCount, maxLength } = settings;
	const split: StoryQuestions =
		path === undefined
			? storyQuestions({
					seed,
					train: limit,
					longer: Math.max(6, Math.round(limit / 20)),
					length: storyLength,
					longerLength: longerStoryLength,
				})
			: { ...fileQuestions(path, limit), longer: [] };
	const inner = hashSplit(split.train, { key: storyOf, fraction: 0.05, seed: hashText("validation", seed) });
	const codec = Codec.learn(inner.train, minCount);
	const encode = (questions: readonly AnsweredQuestion[], name: string): EncodedAnswer[] => {
		const encoded = questions
			.map((question) => codec.encodeAnswered(question))
			.filter(({ document, answer }) => document.length <= maxLength && document.includes(answer));
		if (encoded.length > 0) return encoded;
		throw new UserError(
			questions.length === 0
				? `there are too few questions for ${name}; give more, or raise --limit.`
				: `no question for ${name} has its answer in a story within --max-length ${maxLength}.`,
		);
	};
	const train = encode(inner.train, "training");
	const validation = encode(inner.heldOut, "validation");
	return {
		codec,
		train,
		validation,
		judged: [
			{ name: path === undefined ? "held-out stories" : "held-out questions", questions: split.heldOut },
			{ name: "longer stories", questions: split.longer },
		].filter(({ questions }) => questions.length > 0),
		left: split.train.length - train.length - validation.length,
	};
}

function fileQuestions(
	path: string,
	limit: number,
): { train: readonly AnsweredQuestion[]; heldOut: readonly AnsweredQuestion[] } {
	const all = readClozeFile(path);
	const { train, heldOut } = hashSplit(all, { key: storyOf });
	if (train.length === 0 || heldOut.length === 0) {
		throw new UserError(
			`${path}: ${all.length} questions are too few to hold out a tenth. Give at least some dozens.`,
		);
	}
	return { train: limit === 0 ? train : train.slice(0, limit), heldOut };
}

function storyOf({ story }: AnsweredQuestion): string {
	return story.join(" ");
}
