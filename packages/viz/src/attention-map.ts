import { VizError } from "./errors.ts";

/**
 * One matrix of attention weights with the words that belong to it: what every picture of this package is drawn from.
 * Plain data, so that it can come from any model, library or file.
 */
export interface AttentionMap {
	/** Written above the picture. */
	readonly title?: string;
	/** The layer that attended. */
	readonly layer?: string;
	/** Which head, from 0. */
	readonly head?: number;
	/** The rows: what attends. */
	readonly queryTokens: readonly string[];
	/** The columns: what is attended to. */
	readonly keyTokens: readonly string[];
	/**
	 * `weights[q * keyTokens.length + k]`: how much query q attends to key k. NaN is drawn as such, infinities as the
	 * ends of the range.
	 */
	readonly weights: ArrayLike<number>;
	/** True where attention is allowed, laid out like `weights`. The other cells are drawn as masked. */
	readonly mask?: ArrayLike<boolean | number>;
	/** What the axes are called. Default `query` and `key`. */
	readonly axisLabels?: { readonly query: string; readonly key: string };
}

/** A number range for the colours. */
export type ValueRange = readonly [min: number, max: number];

/** Refuses a map whose parts do not fit each other. */
export function checkMap(where: string, map: AttentionMap): void {
	if (typeof map !== "object" || map === null) {
		throw new VizError("SHAPE", where, `the map is ${map}; expected { queryTokens, keyTokens, weights }.`);
	}
	const { queryTokens, keyTokens, weights, mask } = map;
	for (const [name, tokens] of Object.entries({ queryTokens, keyTokens })) {
		if (!Array.isArray(tokens) || tokens.some((token) => typeof token !== "string")) {
			throw new VizError("SHAPE", where, `\`${name}\` must be an array of strings.`);
		}
	}
	const size = queryTokens.length * keyTokens.length;
	const words = `${queryTokens.length} query tokens × ${keyTokens.length} key tokens`;
	if (size === 0) throw new VizError("SHAPE", where, `${words}: there is nothing to draw.`);
	if (typeof weights?.length !== "number" || weights.length !== size) {
		throw new VizError(
			"SHAPE",
			where,
			`\`weights\` has ${weights?.length} numbers; expected ${size} for ${words}, row by row.`,
		);
	}
	if (mask !== undefined && mask.length !== size) {
		throw new VizError(
			"SHAPE",
			where,
			`\`mask\` has ${mask.length} entries; expected ${size} for ${words}, row by row.`,
		);
	}
}

/** Whether a cell may be attended to. */
export function isAllowed(map: AttentionMap, index: number): boolean {
	return map.mask === undefined || Boolean(map.mask[index]);
}

/**
 * The range that the colours span: as given, or from 0 (less when there are negative weights) to the largest finite
 * weight that is not masked.
 */
export function valueRange(where: string, map: AttentionMap, range?: ValueRange): ValueRange {
	if (range !== undefined) {
		if (range.length === 2 && range.every(Number.isFinite) && range[0] < range[1]) return range;
		throw new VizError("OPTION", where, `\`range\` is [${range}]; expected [min, max] with min < max.`);
	}
	let min = 0;
	let max = Number.NEGATIVE_INFINITY;
	for (let i = 0; i < map.weights.length; i++) {
		const weight = map.weights[i] ?? Number.NaN;
		if (!Number.isFinite(weight) || !isAllowed(map, i)) continue;
		if (weight < min) min = weight;
		if (weight > max) max = weight;
	}
	if (max > min) return [min, max];
	return [min, min < 0 ? 0 : 1];
}

/** Where a weight lies in the range, from 0 to 1. Infinities go to the ends. */
export function positionInRange(weight: number, [min, max]: ValueRange): number {
	const span = max - min;
	// Half of everything, where the whole is too much for a number.
	const position = Number.isFinite(span)
		? (weight - min) / span
		: (weight / 2 - min / 2) / (max / 2 - min / 2);
	return Math.min(1, Math.max(0, position));
}

/** The heading of a picture: the title, or what is known of where the weights come from. */
export function headingOf({ title, layer, head }: AttentionMap): string {
	if (title !== undefined) return title;
	return [layer, head !== undefined && `head ${head}`].filter((part) => typeof part === "string").join(", ");
}

/** A weight for people: three decimals, fewer digits for large numbers. */
export function wordWeight(weight: number): string {
	if (!Number.isFinite(weight)) return String(weight);
	if (weight !== 0 && Math.abs(weight) < 0.0005) return weight.toExponential(1);
	return Math.abs(weight) < 100 ? weight.toFixed(3) : String(Number(weight.toPrecision(4)));
}
