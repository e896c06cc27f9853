import { checkNumber, checkOptions, HeedError } from "@heed/core";
import { hashText } from "./hash-text.ts";

/** What {@link maskTokens} accepts. */
export interface MaskTokensOptions {
	/** Number of ids. */
	readonly vocabularySize: number;
	/** The id that stands for a masked token. */
	readonly mask: number;
	/** Decides every draw: a whole number from 0, another one for every pass over the texts. */
	readonly seed: number;
	/** The share of tokens to predict, above 0 to 1. Default 0.15. */
	readonly rate?: number | undefined;
	/** Ids that are never chosen and never put in, for instance those of padding and of the ends of a text. Default: none. */
	readonly special?: readonly number[] | undefined;
}

/** Texts with holes, in plain arrays. */
export interface MaskedTokens {
	/** What the model reads, as long as the rows. */
	readonly ids: number[][];
	/** What it shall say: the id where a token was chosen, elsewhere -1. */
	readonly labels: number[][];
}

/**
 * Chooses tokens that a model shall guess. Of the chosen ones
 *
 *     80 % become the mask,   10 % a token at random,   10 % stay as they are
 *
 * since there are no masks in the texts that the model is for. In each row the share `rate` is chosen, rounded, and at least
 * one token, if it has any that is not special. Each row draws from a stream of its own: other rows have no influence.
 *
 * Devlin et al. 2018, "BERT", https://arxiv.org/abs/1810.04805
 *
 * @param rows Ids, without padding.
 * @throws HeedError `OPTION`; `VALUE` for ids that are none.
 */
export function maskTokens(rows: readonly ArrayLike<number>[], options: MaskTokensOptions): MaskedTokens {
	const where = "maskTokens";
	checkOptions(where, options, ["vocabularySize", "mask", "seed", "rate", "special"]);
	const { vocabularySize, mask, seed, rate = 0.15, special = [] } = options;
	checkNumber(where, "vocabularySize", vocabularySize, { integer: true, min: 1 });
	checkNumber(where, "mask", mask, { integer: true, min: 0, max: vocabularySize - 1 });
	checkNumber(where, "seed", seed, { integer: true, min: 0 });
	checkNumber(where, "rate", rate, { above: 0, max: 1 });
	special.forEach((id, i) => {
		checkNumber(where, `special[${i}]`, id, { integer: true, min: 0, max: vocabularySize - 1 });
	});
	rows.forEach((row, i) => {
		Array.from(row).forEach((id, place) => {
			if (Number.isInteger(id) && id >= 0 && id < vocabularySize) return;
			const message = `rows[${i}][${place}] is ${String(id)}; expected 0 to ${vocabularySize - 1}, by \`vocabularySize\`.`;
			throw new HeedError("VALUE", where, message);
		});
	});
	const kept = new Set(special);
	const ordinary = Array.from({ length: vocabularySize }, (_, id) => id).filter(
		(id) => id !== mask && !kept.has(id),
	);
	const masked: MaskedTokens = { ids: [], labels: [] };
	rows.forEach((row, i) => {
		let drawn = 0;
		const uniform = (): number => hashText(`maskTokens ${i} ${drawn++}`, seed) / 2 ** 32;
		const below = (count: number): number => Math.floor(uniform() * count);
		const ids = Array.from(row);
		const labels = ids.map(() => -1);
		const places = ids.flatMap((id, place) => (kept.has(id) ? [] : [place]));
		const wanted = places.length === 0 ? 0 : Math.max(1, Math.round(rate * places.length));
		for (let n = 0; n < wanted; n++) {
			const [place = 0] = places.splice(below(places.length), 1);
			labels[place] = ids[place] as number;
			const fate = uniform();
			if (fate < 0.8) ids[place] = mask;
			else if (fate < 0.9) ids[place] = ordinary[below(ordinary.length)] ?? mask;
		}
		masked.ids.push(ids);
		masked.labels.push(labels);
	});
	return masked;
}
