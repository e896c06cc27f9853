import { checkNumber, checkOptions, HeedError } from "@heed/core";
import { checkList } from "../ops/check-given.ts";

/** What {@link Vocabulary.fromTokens} accepts. */
export interface VocabularyOptions {
	/** Tokens that occur less often are left out and become `unk`. Default 1. */
	readonly minCount?: number | undefined;
	/** At most this many ids, the four special tokens included; the rarest tokens go. Default: no limit. */
	readonly maxSize?: number | undefined;
}

/** What {@link Vocabulary.encode} accepts. */
export interface EncodeOptions {
	/** Put the `bos` id before the first token. Default false. */
	readonly bos?: boolean | undefined;
	/** Put the `eos` id after the last token. Default false. */
	readonly eos?: boolean | undefined;
}

/** A vocabulary as JSON: the tokens of the ids 4, 5, … in order. */
export interface VocabularyJson {
	readonly version: 1;
	readonly tokens: readonly string[];
}

const specialTokens = ["<pad>", "<bos>", "<eos>", "<unk>"] as const;

/**
 * The tokens of one language and their ids.
 *
 * Four ids come first in every vocabulary: `pad` 0 (fills short rows, never generated), `bos` 1 (starts a decoder),
 * `eos` 2 (ends a sequence) and `unk` 3. A token that is not in the vocabulary becomes `unk`; no text becomes one of
 * the other three, because the special tokens are not looked up by their spelling: the text `<pad>` is an ordinary
 * token. The order is by count, then by code point, so the same texts give the same ids on every machine.
 */
export class Vocabulary {
	static readonly pad = 0;
	static readonly bos = 1;
	static readonly eos = 2;
	static readonly unk = 3;

	readonly #tokens: readonly string[];
	readonly #ids: ReadonlyMap<string, number>;

	/**
	 * @param tokens The tokens of the ids 4, 5, … in order, all different and none empty.
	 * @throws HeedError `VALUE` for an empty or repeated token.
	 */
	constructor(tokens: readonly string[]) {
		checkList("Vocabulary", "tokens", tokens);
		const ids = new Map<string, number>();
		for (const token of tokens) {
			if (typeof token !== "string" || token === "" || ids.has(token)) {
				const came = ids.has(token) ? "repeated" : "not a text of at least one character";
				throw new HeedError(
					"VALUE",
					"Vocabulary",
					`token ${ids.size + specialTokens.length} is ${came}: ${JSON.stringify(token)}. Give each token once.`,
				);
			}
			ids.set(token, ids.size + specialTokens.length);
		}
		this.#tokens = [...tokens];
		this.#ids = ids;
	}

	/** Collects the tokens of all sequences: the most frequent first, equal counts in code point order. */
	static fromTokens(sequences: Iterable<readonly string[]>, options: VocabularyOptions = {}): Vocabulary {
		const where = "Vocabulary.fromTokens";
		checkOptions(where, options, ["minCount", "maxSize"]);
		const { minCount = 1, maxSize } = options;
		checkNumber(where, "minCount", minCount, { integer: true, min: 1 });
		if (maxSize !== undefined)
			checkNumber(where, "maxSize", maxSize, { integer: true, above: specialTokens.length });

		checkList(where, "sequences", sequences);
		const counts = new Map<string, number>();
		for (const tokens of sequences) {
			for (const token of tokens) counts.set(token, (counts.get(token) ?? 0) + 1);
		}
		const tokens = [...counts]
			.filter(([, count]) => count >= minCount)
			.sort(([a, m], [b, n]) => n - m || compareCodePoints(a, b))
			.map(([token]) => token);
		return new Vocabulary(
			tokens.slice(0, maxSize === undefined ? undefined : maxSize - specialTokens.length),
		);
	}

	/**
	 * Reads what {@link Vocabulary.toJSON} wrote; anything else, for instance a damaged file, is refused.
	 *
	 * @throws HeedError `VALUE`.
	 */
	static fromJSON(json: unknown): Vocabulary {
		const { version, tokens } = (json ?? {}) as Partial<VocabularyJson>;
		if (version !== 1 || !Array.isArray(tokens)) {
			throw new HeedError(
				"VALUE",
				"Vocabulary.fromJSON",
				"this is no vocabulary; expected { version: 1, tokens: […] }. Give it what `toJSON` returned.",
			);
		}
		return new Vocabulary(tokens);
	}

	/** The number of ids, the four special tokens included. */
	get size(): number {
		return this.#tokens.length + specialTokens.length;
	}

	/** True for a token that has an id of its own. */
	has(token: string): boolean {
		return this.#ids.has(token);
	}

	/** The id of a token, or `unk`. */
	idOf(token: string): number {
		return this.#ids.get(token) ?? Vocabulary.unk;
	}

	/**
	 * The token of an id; special ids give `<pad>`, `<bos>`, `<eos>` and `<unk>`.
	 *
	 * @throws HeedError `VALUE` for an id that the vocabulary does not have.
	 */
	tokenOf(id: number): string {
		const token = specialTokens[id] ?? this.#tokens[id - specialTokens.length];
		if (token === undefined) {
			throw new HeedError(
				"VALUE",
				"Vocabulary.tokenOf",
				`id is ${id}; expected a whole number from 0 to ${this.size - 1}.`,
			);
		}
		return token;
	}

	/** The ids of the tokens, unknown ones as `unk`. */
	encode(tokens: readonly string[], options: EncodeOptions = {}): number[] {
		checkOptions("Vocabulary.encode", options, ["bos", "eos"]);
		checkList("Vocabulary.encode", "tokens", tokens);
		const ids = tokens.map((token) => this.idOf(token));
		if (options.bos) ids.unshift(Vocabulary.bos);
		if (options.eos) ids.push(Vocabulary.eos);
		return ids;
	}

	/** The tokens of the ids up to the first `eos`, without `pad` and `bos`; `unk` stays visible as `<unk>`. */
	decode(ids: ArrayLike<number>): string[] {
		return writtenIds(ids).map((id) => this.tokenOf(id));
	}

	/** What {@link Vocabulary.fromJSON} reads. */
	toJSON(): VocabularyJson {
		return { version: 1, tokens: [...this.#tokens] };
	}
}

/** The ids up to the first `eos`, without `pad` and `bos`: those that stand for text. */
export function writtenIds(ids: ArrayLike<number>): number[] {
	checkList("Vocabulary.decode", "ids", ids);
	const all = Array.from(ids);
	const end = all.indexOf(Vocabulary.eos);
	return (end < 0 ? all : all.slice(0, end)).filter((id) => id !== Vocabulary.pad && id !== Vocabulary.bos);
}

/** Orders by code point: the same on every machine, which `localeCompare` is not. */
function compareCodePoints(a: string, b: string): number {
	const x = [...a];
	const y = [...b];
	for (let i = 0; i < Math.min(x.length, y.length); i++) {
		const difference = (x[i]?.codePointAt(0) ?? 0) - (y[i]?.codePointAt(0) ?? 0);
		if (difference !== 0) return difference;
	}
	return x.length - y.length;
}
