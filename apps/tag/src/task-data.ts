import { thin, UserError } from "@heed/command-line";
import { type EncodedTagging, hashSplit, hashText } from "@heed/nlp";
import { type Codec, learnCodec } from "./codec.ts";
import { readBrown } from "./read-brown.ts";
import { readConll } from "./read-conll.ts";
import type { ModelSettings, Task } from "./settings.ts";
import { areSpanTags, type SentenceSplit, type TaggedSentence } from "./tagged-sentence.ts";

/** The files of a task, if it is not the Brown corpus. */
export interface TaskFiles {
	readonly data?: string;
	readonly dev?: string;
	readonly test?: string;
	readonly wordColumn?: number;
	readonly tagColumn?: number;
}

/** What a training needs: sentences as ids, and the held-out ones as they are. */
export interface TaskData {
	readonly codec: Codec;
	/** What the weights are fitted to. */
	readonly train: readonly EncodedTagging[];
	/** The same as texts. */
	readonly trainSentences: readonly TaggedSentence[];
	/** What decides which epoch to keep, as ids; without those that have a tag which was not learned. */
	readonly dev: readonly EncodedTagging[];
	/** The same as texts, all of them. */
	readonly devSentences: readonly TaggedSentence[];
	/** What the tagger is judged by, once, at the end. */
	readonly heldOut: readonly TaggedSentence[];
}

/**
 * Reads the sentences of a task. Where no file is given for them, a tenth is held out and a twentieth of the rest decides
 * which epoch to keep, by a hash of the sentence, so that equal sentences are on one side.
 *
 * @throws UserError for a file that cannot be used.
 */
export function readSentences(files: TaskFiles): SentenceSplit & { readonly task: Task } {
	const { data, dev, test, wordColumn = 0, tagColumn = 0 } = files;
	if (data === undefined && (dev ?? test) !== undefined) {
		throw new UserError("--dev and --test go with --data; give the file to learn from as well.");
	}
	const read = (path: string): TaggedSentence[] => readConll(path, { wordColumn, tagColumn });
	const all = data === undefined ? readBrown() : read(data);
	const outer = test === undefined ? split(all, 0.1, 0) : { train: all, heldOut: read(test) };
	const inner =
		dev === undefined
			? split(outer.train, 0.05, hashText("validation"))
			: { train: outer.train, heldOut: read(dev) };
	const spans = areSpanTags(new Set(all.flatMap(({ tags }) => tags)));
	return {
		task: data === undefined ? "brown" : spans ? "spans" : "words",
		train: inner.train,
		dev: inner.heldOut,
		test: outer.heldOut,
	};
}

function split(
	sentences: readonly TaggedSentence[],
	fraction: number,
	seed: number,
): { readonly train: readonly TaggedSentence[]; readonly heldOut: readonly TaggedSentence[] } {
	return hashSplit(sentences, { key: ({ words }) => words.join(" ").toLowerCase(), fraction, seed });
}

/**
 * Makes ids of the sentences. They are a function of the settings and the files alone, so a training that goes on sees what
 * it saw before.
 *
 * @throws UserError for too few sentences.
 */
export function taskData(settings: ModelSettings, sentences: SentenceSplit): TaskData {
	const { limit, maxLength } = settings;
	const chosen = thin(sentences.train, limit);
	const codec = learnCodec(chosen, settings);
	const short = chosen.filter(({ words }) => words.length <= maxLength);
	if (chosen.length > 0 && short.length === 0) {
		throw new UserError(`no sentence to learn from is within --max-length ${maxLength}; raise it.`);
	}
	const encode = (side: readonly TaggedSentence[], name: string): EncodedTagging[] => {
		const encoded = side.map((sentence) => codec.encodeTagged(sentence)).filter((one) => one !== undefined);
		if (encoded.length > 0) return encoded;
		throw new UserError(
			`there are too few sentences for ${name}; give some dozens at least, or raise --limit.`,
		);
	};
	if (sentences.test.length === 0) {
		throw new UserError(
			"there are too few sentences to hold out a tenth; give some dozens at least, or --test.",
		);
	}
	return {
		codec,
		train: encode(short, "training"),
		trainSentences: short,
		dev: encode(sentences.dev, "validation"),
		devSentences: sentences.dev,
		heldOut: sentences.test,
	};
}
