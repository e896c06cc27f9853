import { readText, say, UserError } from "@heed/command-line";
import { type Alignments, ExtendedVocabulary, joiner, readAlignments } from "@heed/nlp";
import type { Codec } from "./codec.ts";
import { copyableOf } from "./copyable.ts";
import type { GoldLinks, GoldPair } from "./gold.ts";
import type { ModelSettings } from "./settings.ts";

/** Where gold alignments of sentences are. */
export interface GoldFiles {
	/** Links in Pharaoh's form, a sentence per line. */
	readonly alignments?: string;
	/** The sentences, `source ||| target`, tokens with spaces between them. */
	readonly alignData?: string;
	/** The number of the first token. Default 0. */
	readonly alignFrom?: number;
	/** The second side is what is translated. */
	readonly reverse?: boolean;
}

/** A sentence and its translation as tokens, with their links. */
export interface GoldSentence extends GoldLinks {
	readonly source: readonly string[];
	readonly target: readonly string[];
}

/**
 * Reads sentences with gold alignments.
 *
 * @returns `undefined` if no files are named.
 * @throws UserError for one file without the other, files that do not fit, and lines that cannot be read.
 */
export function readGold(
	{ alignments, alignData, alignFrom, reverse = false }: GoldFiles,
	task: ModelSettings["task"],
): GoldSentence[] | undefined {
	if (task === "dates" && (alignments ?? alignData ?? alignFrom) !== undefined) {
		throw new UserError(
			"--alignments, --align-data and --align-from go with --data; how dates align is known.",
		);
	}
	if (alignments === undefined && alignData === undefined) {
		if (alignFrom === undefined) return undefined;
		throw new UserError("--align-from needs --alignments and --align-data.");
	}
	if (alignments === undefined || alignData === undefined) {
		const missing = alignments === undefined ? "--alignments (links)" : "--align-data (the sentences)";
		throw new UserError(`--alignments and --align-data belong together; ${missing} is missing.`);
	}
	const lines = readText(alignData)
		.replace(/\r?\n$/u, "")
		.split(/\r?\n/u);
	const first = alignFrom === 1 ? 1 : 0;
	const links = readLinks(alignments, first);
	if (links.possible.length !== lines.length) {
		throw new UserError(
			`${alignments} has ${links.possible.length} lines and ${alignData} ${lines.length}; expected as many of both.`,
		);
	}
	const gold = lines.map((line, i): GoldSentence => {
		const sides = line.split("|||").map((side) => side.split(/\s+/u).filter((token) => token !== ""));
		if (sides.length !== 2 || sides.some(({ length }) => length === 0)) {
			throw new UserError(
				`${alignData}:${i + 1}: expected \`source ||| target\`, with tokens on both sides.`,
			);
		}
		const [source = [], target = []] = reverse ? sides.reverse() : sides;
		const turn = (each: GoldLinks["sure"] = []): GoldLinks["sure"] =>
			reverse ? each.map(([s, t]) => [t, s] as const) : each;
		return { source, target, sure: turn(links.sure[i]), possible: turn(links.possible[i]) };
	});
	warnOfLinksBeyond(gold, alignments, first);
	return gold;
}

/** Such links are no reason to stop: sets that people made have one or two. Many of them mean that the counting is another. */
function warnOfLinksBeyond(gold: readonly GoldSentence[], path: string, first: 0 | 1): void {
	const beyond = gold.flatMap(({ source, target, possible }, line) =>
		possible.filter(([s, t]) => s >= source.length || t >= target.length).map(() => line + 1),
	);
	if (beyond.length === 0) return;
	const all = gold.reduce((sum, { possible }) => sum + possible.length, 0);
	const other = first === 0 ? " If the first token is 1, give --align-from 1." : "";
	say(
		`${path}: ${beyond.length} of ${all} links lead beyond their sentences, first in line ${beyond[0]}; nobody can find them.${other}`,
	);
}

function readLinks(path: string, countFrom: 0 | 1): Alignments {
	const text = readText(path);
	try {
		return readAlignments(text, { countFrom });
	} catch (error) {
		const { message } = error as Error;
		throw new UserError(`${path}: ${message.replace(/^readAlignments: /u, "")}`, { cause: error });
	}
}

/** Sentences as ids. A token of the file may be several of the vocabulary; punctuation takes the form that is known. */
export function encodeGold(codec: Codec, sentences: readonly GoldSentence[], copy: boolean): GoldPair[] {
	return sentences.map(({ source, target, sure, possible }) => {
		const from = pieces(codec, source, (form) => codec.source.has(form.toLowerCase()));
		const to = pieces(codec, target, (form) => codec.target.has(form));
		const sourceText = from.map(({ piece }) => piece);
		const targetText = to.map(({ piece }) => piece);
		const vocabulary = copy ? new ExtendedVocabulary(codec.target, sourceText) : codec.target;
		return {
			...{ sure, possible },
			source: codec.source.encode(
				sourceText.map((piece) => piece.toLowerCase()),
				{ eos: true },
			),
			target: vocabulary.encode(targetText, { bos: true, eos: true }),
			...(vocabulary instanceof ExtendedVocabulary && { copies: copyableOf(vocabulary) }),
			sourceTokens: from.map(({ token }) => token),
			targetTokens: to.map(({ token }) => token),
		};
	});
}

/** The pieces of tokens in the spelling of a vocabulary, each with the number of its token. */
function pieces(
	codec: Codec,
	tokens: readonly string[],
	isKnown: (form: string) => boolean,
): { readonly piece: string; readonly token: number }[] {
	return tokens.flatMap((text, token) =>
		codec.sourceTokens(text).map((piece) => ({ piece: joined(piece, isKnown), token })),
	);
}

/** Spaces around every token hide where there were none in the sentence: a comma is `￭,` then. */
function joined(piece: string, isKnown: (form: string) => boolean): string {
	const forms = [piece, `${joiner}${piece}`, `${piece}${joiner}`, `${joiner}${piece}${joiner}`];
	return forms.find(isKnown) ?? piece;
}
