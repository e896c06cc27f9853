import { HeedError } from "@heed/core";
import { checkList } from "../ops/check-given.ts";

/** A tagged stretch of tokens, an entity for instance. */
export interface TagSpan {
	/** What the tags have behind the hyphen, `PER` of `B-PER`; empty without one. */
	readonly type: string;
	/** The first token. */
	readonly start: number;
	/** The token behind the last one. */
	readonly end: number;
}

/** How well spans were found. */
export interface SpanScore {
	/** Spans that agree in both ends and in type. */
	readonly correct: number;
	readonly predicted: number;
	readonly gold: number;
	/** `correct / predicted`, 0 to 1; 0 where nothing was predicted. */
	readonly precision: number;
	/** `correct / gold`, 0 to 1; 0 where there is nothing to find. */
	readonly recall: number;
	/** `2 · precision · recall / (precision + recall)`; 0 where both are. */
	readonly f1: number;
}

/** What {@link spanF1} found: all spans together (the micro average), and by type. */
export interface SpanF1 extends SpanScore {
	/** By type, in alphabetical order. */
	readonly types: ReadonlyMap<string, SpanScore>;
}

/** A tag within a span: its letter, and its type. */
const spanTag = /^([BIESLU])(?:-(.*))?$/su;

/**
 * The spans of a sentence's tags, read as the CoNLL script `conlleval` and `seqeval` do, which forgive a wrong start.
 * A tag is a letter, a hyphen and a type; BIO (IOB2), IOB1, IOE and BIOES (also BILOU's L and U) go by the same rules:
 *
 * - `B` and `S` (`U`) begin a span. So do `I` and `E` (`L`) where no span of the same type goes on: at the start, after
 *   `O`, after a span that has ended, after another type.
 * - A span ends behind `E` (`L`) and `S` (`U`), and before whatever begins a span or is `O`.
 *
 * @throws HeedError `VALUE` for a tag that is neither `O` nor one of these: a part of speech, for instance, marks no span.
 */
export function tagSpans(tags: readonly string[]): TagSpan[] {
	checkTags("tagSpans", "tags", tags);
	const spans: TagSpan[] = [];
	let open: { type: string; start: number } | undefined;
	const close = (end: number): void => {
		if (open !== undefined) spans.push({ ...open, end });
		open = undefined;
	};
	tags.forEach((tag, place) => {
		const { 1: letter = "", 2: type = "" } = spanTag.exec(tag) ?? [];
		if (letter === "" || "BSU".includes(letter) || open?.type !== type) close(place);
		if (letter === "") return;
		open ??= { type, start: place };
		if ("ELSU".includes(letter)) close(place + 1);
	});
	close(tags.length);
	return spans;
}

/**
 * Precision, recall and F1 of spans, exact in both ends and in type, as in the CoNLL-2003 shared task: all spans of all
 * sentences are counted together. See {@link tagSpans} for what a span is.
 *
 * Tjong Kim Sang and De Meulder 2003, "Introduction to the CoNLL-2003 Shared Task", https://arxiv.org/abs/cs/0306050
 *
 * When not to use it: tags that are no spans, such as parts of speech; their measure is accuracy.
 *
 * @param predicted Tags of each sentence.
 * @param gold As many sentences, with as many tags each.
 * @throws HeedError `VALUE` for different numbers of sentences or tags, no sentence, or a tag that is none of spans.
 */
export function spanF1(
	predicted: readonly (readonly string[])[],
	gold: readonly (readonly string[])[],
): SpanF1 {
	checkSentences(predicted, gold);
	const counts = new Map<string, Counts>();
	const countsOf = (type: string): Counts => {
		const known = counts.get(type) ?? { correct: 0, predicted: 0, gold: 0 };
		counts.set(type, known);
		return known;
	};
	gold.forEach((tags, sentence) => {
		const wanted = tagSpans(tags);
		const keys = new Set(wanted.map(keyOf));
		for (const { type } of wanted) countsOf(type).gold++;
		for (const span of tagSpans(predicted[sentence] ?? [])) {
			const known = countsOf(span.type);
			known.predicted++;
			if (keys.has(keyOf(span))) known.correct++;
		}
	});
	const names = [...counts.keys()].sort((a, b) => (a < b ? -1 : 1));
	const all = [...counts.values()].reduce(
		(sum, type) => ({
			correct: sum.correct + type.correct,
			predicted: sum.predicted + type.predicted,
			gold: sum.gold + type.gold,
		}),
		{ correct: 0, predicted: 0, gold: 0 },
	);
	return { ...scoreOf(all), types: new Map(names.map((name) => [name, scoreOf(countsOf(name))])) };
}

interface Counts {
	correct: number;
	predicted: number;
	gold: number;
}

function scoreOf({ correct, predicted, gold }: Counts): SpanScore {
	const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
	return {
		correct,
		predicted,
		gold,
		precision: ratio(correct, predicted),
		recall: ratio(correct, gold),
		f1: ratio(2 * correct, predicted + gold),
	};
}

function keyOf({ type, start, end }: TagSpan): string {
	return `${start} ${end} ${type}`;
}

function checkSentences(
	predicted: readonly (readonly string[])[],
	gold: readonly (readonly string[])[],
): void {
	checkList("spanF1", "predicted", predicted);
	checkList("spanF1", "gold", gold);
	if (predicted.length !== gold.length || gold.length === 0) {
		const message = `${predicted.length} predicted and ${gold.length} gold sentences came; expected as many of each, at least one.`;
		throw new HeedError("VALUE", "spanF1", message);
	}
	gold.forEach((tags, sentence) => {
		const count = predicted[sentence]?.length;
		checkTags("spanF1", `predicted[${sentence}]`, predicted[sentence] ?? []);
		checkTags("spanF1", `gold[${sentence}]`, tags);
		if (count === tags.length) return;
		const message = `sentence ${sentence} has ${count} predicted and ${tags.length} gold tags; expected as many of each.`;
		throw new HeedError("VALUE", "spanF1", message);
	});
}

/** A tag that is read as `O` without being one would make a score of nothing look like one of few spans. */
function checkTags(where: string, name: string, tags: readonly string[]): void {
	checkList(where, name, tags);
	const place = tags.findIndex((tag) => tag !== "O" && !spanTag.test(tag));
	if (place < 0) return;
	const message = `${name}[${place}] is ${JSON.stringify(tags[place])}; expected O, or B, I, E, S, L or U and a type, such as B-PER.`;
	throw new HeedError("VALUE", where, message);
}
