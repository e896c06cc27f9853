import { UserError } from "@heed/command-line";
import { hashSplit, hashText } from "@heed/nlp";
import { type Codec, codecJson, learnCodec } from "./codec.ts";
import { type Copyable, copyableOf } from "./copyable.ts";
import { datePairs } from "./dates.ts";
import type { GoldPair } from "./gold.ts";
import type { Pair } from "./pair.ts";
import type { TrainingPair } from "./pair-batches.ts";
import { readPairs } from "./read-pairs.ts";
import type { ModelSettings } from "./settings.ts";

/** What a training needs: pairs as ids, and the held-out pairs as texts. */
export interface TaskData {
	readonly codec: Codec;
	/** What the weights are fitted to. */
	readonly train: readonly TrainingPair[];
	/** What decides when to stop: a twentieth of the rest, again by a hash, so that no date or sentence is in both. */
	readonly validation: readonly TrainingPair[];
	/** What the translator is judged by, once, at the end. */
	readonly heldOut: readonly Pair[];
}

/**
 * Makes the pairs of a task. They are a function of the settings and the file alone, so a training that goes on sees
 * what it saw before.
 *
 * @param path The file of the pairs; dates need none.
 * @param stored The vocabularies of a training that goes on.
 * @throws UserError for a file that cannot be used, or that is not the one of the stored vocabularies.
 */
export function taskData(settings: ModelSettings, path: string | undefined, stored?: Codec): TaskData {
	const { task, seed, limit, reverse, minCount, maxLength, copy } = settings;
	const split =
		path === undefined
			? datePairs({ seed, train: limit, heldOut: Math.max(1, Math.round(limit / 10)) })
			: readPairs(path, { reverse, limit });
	const key = (pair: Pair): string => (task === "dates" ? pair.target : pair.source.toLowerCase());
	const inner = hashSplit(split.train, { key, fraction: 0.05, seed: hashText("validation", seed) });

	const codec = learnCodec(task, inner.train, minCount);
	if (stored !== undefined && JSON.stringify(codecJson(stored)) !== JSON.stringify(codecJson(codec))) {
		const cause = path === undefined ? "the locale data of this Node version are" : `${path} is`;
		throw new UserError(`${cause} not what the checkpoint was trained on; train anew with --overwrite.`);
	}
	const encode = (pairs: readonly Pair[], name: string): TrainingPair[] => {
		const encoded = pairs
			.map((pair) => encodePair(codec, pair, copy))
			.filter(({ source, target }) => source.length <= maxLength && target.length <= maxLength);
		if (encoded.length > 0) return encoded;
		throw new UserError(
			pairs.length === 0
				? `there are too few pairs for ${name}; give more, or raise --limit.`
				: `no pair for ${name} is within --max-length ${maxLength}; raise it.`,
		);
	};
	return {
		codec,
		train: encode(inner.train, "training"),
		validation: encode(inner.heldOut, "validation"),
		heldOut: split.heldOut,
	};
}

/** A pair as ids. */
function encodePair(
	codec: Codec,
	{ source, target }: Pair,
	copy: boolean,
): { readonly source: number[]; readonly target: number[]; readonly copies?: Copyable } {
	const ids = codec.encodeSource(source);
	if (!copy) return { source: ids, target: codec.encodeTarget(target) };
	const vocabulary = codec.copying(source);
	return { source: ids, target: codec.encodeTarget(target, vocabulary), copies: copyableOf(vocabulary) };
}

/** Held-out dates with their links. The hyphens are not asked where they come from. */
export function goldDates({ codec, heldOut }: TaskData, { copy }: ModelSettings): GoldPair[] {
	return heldOut
		.map(({ links, ...pair }) => {
			const encoded = encodePair(codec, pair, copy);
			const sourceTokens = encoded.source.slice(1).map((_, i) => i);
			const targetTokens = [...pair.target].map((character, i) => (character === "-" ? undefined : i));
			return links && { ...encoded, ...links, sourceTokens, targetTokens };
		})
		.filter((pair) => pair !== undefined);
}
