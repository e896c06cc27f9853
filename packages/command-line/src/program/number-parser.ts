import { InvalidArgumentError } from "commander";

/** Which numbers an option takes. */
export interface Range {
	readonly min?: number;
	readonly above?: number;
	readonly max?: number;
	readonly below?: number;
	/** Whole numbers only. Default true. */
	readonly whole?: boolean;
}

/** A share that is not all: 0 ≤ x < 1. */
export const unitInterval: Range = { min: 0, below: 1, whole: false };

/** Positive numbers up to `max`. */
export function positive(max: number): Range {
	return { above: 0, max, whole: false };
}

/** Reads a number of a range, or says what was expected. */
export function numberParser({ min, above, max, below, whole = true }: Range): (text: string) => number {
	const bounds = [
		min !== undefined && `at least ${min}`,
		above !== undefined && `greater than ${above}`,
		max !== undefined && `at most ${max}`,
		below !== undefined && `less than ${below}`,
	].filter((bound) => bound !== false);
	return (text) => {
		const value = text.trim() === "" ? Number.NaN : Number(text);
		const fits =
			(whole ? Number.isSafeInteger(value) : Number.isFinite(value)) &&
			value >= (min ?? -Infinity) &&
			value > (above ?? -Infinity) &&
			value <= (max ?? Infinity) &&
			value < (below ?? Infinity);
		if (fits) return value;
		throw new InvalidArgumentError(`Expected a ${whole ? "whole " : ""}number, ${bounds.join(" and ")}.`);
	};
}
