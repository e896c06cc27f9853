import { type SpanF1, spanF1 } from "@heed/nlp";
import type { Task } from "./settings.ts";
import type { TaggedSentence } from "./tagged-sentence.ts";

/** How good the tags of held-out sentences are. */
export interface Score {
	readonly name: "accuracy" | "span F1";
	/** 0 to 100. */
	readonly value: number;
	/** One line that says it all. */
	readonly text: string;
	/** The same by type, for spans. */
	readonly types?: SpanF1["types"];
}

/** Judges words one by one by accuracy, spans by F1. */
export function scoreTags(
	task: Task,
	predicted: readonly (readonly string[])[],
	sentences: readonly TaggedSentence[],
): Score {
	const gold = sentences.map(({ tags }) => tags);
	if (task !== "spans") return accuracyOf(predicted, gold);
	const found = spanF1(predicted, gold);
	const value = 100 * found.f1;
	const percent = (share: number): string => (100 * share).toFixed(2);
	const text =
		`span F1 ${value.toFixed(2)} (precision ${percent(found.precision)}, recall ${percent(found.recall)}; ` +
		`${found.correct} right of ${found.predicted} found and ${found.gold} there)`;
	return { name: "span F1", value, text, types: found.types };
}

function accuracyOf(predicted: readonly (readonly string[])[], gold: readonly (readonly string[])[]): Score {
	let [correct, total] = [0, 0];
	gold.forEach((tags, sentence) => {
		tags.forEach((tag, i) => {
			total++;
			if (predicted[sentence]?.[i] === tag) correct++;
		});
	});
	const value = total === 0 ? 0 : (100 * correct) / total;
	return { name: "accuracy", value, text: `accuracy ${value.toFixed(2)} % (${correct} of ${total} words)` };
}

/** A mistake that was made several times. */
export interface Confusion {
	readonly expected: string;
	readonly got: string;
	readonly count: number;
	/** The word that it happened to most often. */
	readonly example: string;
}

/** The most frequent mistakes. */
export function confusions(
	predicted: readonly (readonly string[])[],
	sentences: readonly TaggedSentence[],
	limit: number,
): Confusion[] {
	const found = new Map<
		string,
		{ expected: string; got: string; count: number; words: Map<string, number> }
	>();
	sentences.forEach(({ words, tags }, sentence) => {
		tags.forEach((expected, i) => {
			const got = predicted[sentence]?.[i] ?? "";
			if (got === expected) return;
			const key = `${expected}\t${got}`;
			const entry = found.get(key) ?? { expected, got, count: 0, words: new Map() };
			entry.count++;
			const word = words[i] ?? "";
			entry.words.set(word, (entry.words.get(word) ?? 0) + 1);
			found.set(key, entry);
		});
	});
	return [...found.values()]
		.sort((a, b) => b.count - a.count)
		.slice(0, limit)
		.map(({ words, ...rest }) => {
			const [example = ""] = [...words].sort(([, a], [, b]) => b - a)[0] ?? [];
			return { ...rest, example };
		});
}
