import { type AttentionWindow, checkFlag, checkNumber, checkOptions, HeedError } from "@heed/core";
import { checkPositionScheme, type PositionScheme } from "./position-scheme.ts";

/** What a multi-head attention is made of, besides the sizes of its inputs. */
export interface MultiHeadOptions {
	/** Number of query heads. */
	readonly numHeads: number;
	/** Features per head of query and key. Default: the query's features / `numHeads`, which must be whole. */
	readonly keyDim?: number | undefined;
	/** Features per head of the value. Default: `keyDim`. */
	readonly valueDim?: number | undefined;
	/** Number of key/value heads, a divisor of `numHeads`: fewer is grouped-query attention. Default: `numHeads`. */
	readonly numKeyValueHeads?: number | undefined;
	/** Features of the output. Default: the query's. */
	readonly outputDim?: number | undefined;
	/** Add a bias in each projection. Default true. */
	readonly useBias?: boolean | undefined;
	/** Share of the weights that training drops. Default 0. */
	readonly dropout?: number | undefined;
	/** Let a query attend to its own position and earlier ones only. Default false. */
	readonly causal?: boolean | undefined;
	/** Let a query attend to `left` keys before it and `right` keys after it; its own is not counted, -1 is unbounded. */
	readonly window?: AttentionWindow | undefined;
	/** Factor on the products of query and key. Default `1 / √keyDim`. */
	readonly scale?: number | undefined;
	/** `c`: scores become `c · tanh(score / c)`. Default: none. */
	readonly softcap?: number | undefined;
	/** Train a logit per head that takes weight without having a value. Default false. */
	readonly sinks?: boolean | undefined;
	/** Bring queries and keys to root mean square 1, head by head, before they meet. Default false. */
	readonly queryKeyNorm?: boolean | undefined;
	/** How positions enter. Default: not at all. */
	readonly positions?: PositionScheme | undefined;
}

/** The names of {@link MultiHeadOptions}. */
export const multiHeadOptionNames: readonly (keyof MultiHeadOptions)[] = [
	...(["numHeads", "keyDim", "valueDim", "numKeyValueHeads", "outputDim", "useBias", "dropout"] as const),
	...(["causal", "window", "scale", "softcap", "sinks", "queryKeyNorm", "positions"] as const),
];

/** Refuses options that make no attention, as far as that can be told before the inputs are known. */
export function checkMultiHeadOptions(where: string, options: MultiHeadOptions): void {
	const { numHeads, keyDim, valueDim, outputDim, numKeyValueHeads = numHeads } = options;
	checkNumber(where, "numHeads", numHeads, { integer: true, min: 1 });
	checkNumber(where, "numKeyValueHeads", numKeyValueHeads, { integer: true, min: 1 });
	for (const [name, size] of Object.entries({ keyDim, valueDim, outputDim })) {
		if (size !== undefined) checkNumber(where, name, size, { integer: true, min: 1 });
	}
	const { dropout, scale, softcap, positions, window } = options;
	if (dropout !== undefined) checkNumber(where, "dropout", dropout, { min: 0, below: 1 });
	if (scale !== undefined) checkNumber(where, "scale", scale);
	if (softcap !== undefined) checkNumber(where, "softcap", softcap, { above: 0 });
	if (window !== undefined) {
		checkOptions(`${where} \`window\``, window, ["left", "right"]);
		for (const side of ["left", "right"] as const) {
			if (window[side] !== undefined)
				checkNumber(where, `window.${side}`, window[side], { integer: true, min: -1 });
		}
	}
	for (const name of ["useBias", "causal", "sinks", "queryKeyNorm"] as const) {
		if (options[name] !== undefined) checkFlag(where, name, options[name]);
	}
	if (positions !== undefined) checkPositionScheme(where, positions, keyDim);
	if (numHeads % numKeyValueHeads === 0) return;
	throw new HeedError(
		"OPTION",
		where,
		`\`numHeads\` ${numHeads} is not a multiple of \`numKeyValueHeads\` ${numKeyValueHeads}. Use ${listDivisors(numHeads)} key/value heads.`,
	);
}

/** The sizes that follow from the query's features. */
export function headSizes(
	where: string,
	options: MultiHeadOptions,
	querySize: number,
): { readonly keyDim: number; readonly valueDim: number; readonly outputDim: number } {
	const { numHeads, keyDim = querySize / numHeads, outputDim = querySize } = options;
	if (!Number.isInteger(keyDim)) {
		throw new HeedError(
			"OPTION",
			where,
			`\`modelDim\` ${querySize} is not divisible by \`numHeads\` ${numHeads}. Use ${listDivisors(querySize)} heads, or give \`keyDim\`.`,
		);
	}
	if (options.positions !== undefined) checkPositionScheme(where, options.positions, keyDim);
	return { keyDim, valueDim: options.valueDim ?? keyDim, outputDim };
}

/** `1, 2, 5 or 10` for 10. */
function listDivisors(size: number): string {
	const divisors = Array.from({ length: size }, (_, i) => i + 1).filter((n) => size % n === 0);
	return divisors.length === 1 ? "1" : `${divisors.slice(0, -1).join(", ")} or ${divisors.at(-1)}`;
}
