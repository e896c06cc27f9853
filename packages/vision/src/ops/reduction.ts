import { checkNumber } from "@heed/core";

/** How many features a bottleneck has. */
export interface ReductionArgs {
	/** Features of the bottleneck per channel. Default 1/16, unless the layer says otherwise. */
	readonly rdRatio?: number | undefined;
	/** Features of the bottleneck, instead of a ratio. */
	readonly rdChannels?: number | undefined;
	/** The features are rounded to a multiple of this. Default 1. */
	readonly rdDivisor?: number | undefined;
	/** Where rounding down loses more than this share, one multiple more is taken. Default 0.9. */
	readonly roundLimit?: number | undefined;
}

/** {@link ReductionArgs} with their defaults, as a config keeps them. */
export interface Reduction {
	readonly rdRatio: number;
	readonly rdChannels?: number;
	readonly rdDivisor: number;
	readonly roundLimit: number;
}

/** The names of {@link ReductionArgs}. */
export const reductionNames = ["rdRatio", "rdChannels", "rdDivisor", "roundLimit"] as const;

/** Checks {@link ReductionArgs} and fills in what is not given. */
export function resolveReduction(
	where: string,
	args: ReductionArgs,
	defaults: Partial<Omit<Reduction, "rdChannels">> = {},
): Reduction {
	const { rdRatio = defaults.rdRatio ?? 1 / 16, rdDivisor = defaults.rdDivisor ?? 1 } = args;
	const { rdChannels, roundLimit = defaults.roundLimit ?? 0.9 } = args;
	checkNumber(where, "rdRatio", rdRatio, { above: 0 });
	checkNumber(where, "rdDivisor", rdDivisor, { integer: true, min: 1 });
	checkNumber(where, "roundLimit", roundLimit, { min: 0, max: 1 });
	if (rdChannels !== undefined) checkNumber(where, "rdChannels", rdChannels, { integer: true, min: 1 });
	return { rdRatio, rdDivisor, roundLimit, ...(rdChannels !== undefined && { rdChannels }) };
}

/** The features of the bottleneck: `rdRatio · channels`, rounded to a multiple of `rdDivisor`, at least one of them. */
export function reducedChannels(channels: number, reduction: Reduction): number {
	const { rdRatio, rdChannels, rdDivisor, roundLimit } = reduction;
	if (rdChannels !== undefined) return rdChannels;
	const wanted = channels * rdRatio;
	const nearest = Math.max(rdDivisor, Math.floor((wanted + rdDivisor / 2) / rdDivisor) * rdDivisor);
	return nearest < roundLimit * wanted ? nearest + rdDivisor : nearest;
}
