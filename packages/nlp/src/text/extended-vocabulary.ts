import { HeedError } from "@heed/core";
import { checkList, checkParts } from "../ops/check-given.ts";
import { type EncodeOptions, type Vocabulary, writtenIds } from "./vocabulary.ts";

/**
 * A target vocabulary and, behind it, the words of **one** source that it lacks, in the order in which they first stand
 * there: what a model that copies can say about this source.
 *
 *     vocabulary of 100 ids, source  Zoë met Zoë and Ask  →  Zoë 100, Ask 101;  copyIds  100 7 100 9 101
 *
 * The ids from `vocabulary.size` on mean something else in every source; keep the object to read what was generated.
 *
 * See, Liu, Manning 2017, section 2.2, https://arxiv.org/abs/1704.04368
 */
export class ExtendedVocabulary {
	/** What each token of the source is, as a batch's `copyIds`. */
	readonly copyIds: readonly number[];
	/** The words that the vocabulary lacks; the first has the id `vocabulary.size`. */
	readonly words: readonly string[];
	readonly #vocabulary: Vocabulary;
	readonly #extra: ReadonlyMap<string, number>;

	/**
	 * @param vocabulary Of the target.
	 * @param source The tokens of the source, in the target's spelling.
	 */
	constructor(vocabulary: Vocabulary, source: readonly string[]) {
		const where = "ExtendedVocabulary";
		const isFunction = (part: unknown): boolean => typeof part === "function";
		checkParts(where, "the vocabulary", vocabulary, ["has", "encode"], "a `Vocabulary`", isFunction);
		checkList(where, "source", source);
		const extra = new Map<string, number>();
		for (const token of source) {
			if (vocabulary.has(token) || extra.has(token)) continue;
			extra.set(token, vocabulary.size + extra.size);
		}
		this.#vocabulary = vocabulary;
		this.#extra = extra;
		this.words = [...extra.keys()];
		this.copyIds = this.encode(source);
	}

	/** The ids of the tokens; those that neither the vocabulary nor the source has as `unk`. */
	encode(tokens: readonly string[], options: EncodeOptions = {}): number[] {
		const ids = this.#vocabulary.encode(tokens, options);
		const first = options.bos ? 1 : 0;
		tokens.forEach((token, i) => {
			ids[first + i] = this.#extra.get(token) ?? (ids[first + i] as number);
		});
		return ids;
	}

	/**
	 * The tokens of the ids up to the first `eos`, without `pad` and `bos`.
	 *
	 * @throws HeedError `VALUE` for an id that neither the vocabulary nor this source has.
	 */
	decode(ids: ArrayLike<number>): string[] {
		return writtenIds(ids).map((id) => this.tokenOf(id));
	}

	/** The token of an id, as {@link Vocabulary.tokenOf}. */
	tokenOf(id: number): string {
		const { size } = this.#vocabulary;
		if (id < size) return this.#vocabulary.tokenOf(id);
		const word = this.words[id - size];
		if (word !== undefined) return word;
		const known = size + this.words.length - 1;
		const message = `id is ${id}; expected a whole number from 0 to ${known}. The ids of extra words belong to one source each.`;
		throw new HeedError("VALUE", "ExtendedVocabulary.tokenOf", message);
	}
}
