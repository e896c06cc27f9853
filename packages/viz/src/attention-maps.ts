import type { AttentionMap } from "./attention-map.ts";
import { checkOptions, VizError } from "./errors.ts";

/**
 * What a layer reports while attention is captured, with the numbers taken out of the tensor: what `attentionData` of
 * `@heed/layers` makes of a record, or `{ ...record, shape: record.weights.shape, weights: await record.weights.data() }`.
 */
export interface CaptureRecord {
	/** The name of the layer. */
	readonly layer: string;
	/** The kind of attention. */
	readonly kind: string;
	/** The names of the axes, for instance `['batch', 'heads', 'query', 'key']`. */
	readonly axes: readonly string[];
	/** The size of each axis. */
	readonly shape: readonly number[];
	/** The weights, last axis fastest. */
	readonly weights: ArrayLike<number>;
	/** Anything that the layer wants to add. */
	readonly meta?: Record<string, unknown>;
}

/** Tokens for all batch items alike, or one list for each. */
export type BatchTokens = readonly string[] | readonly (readonly string[])[];

/** Options of {@link attentionMaps}. */
export interface AttentionMapsOptions {
	/**
	 * The words on the query axis. A shorter list than the axis crops the map to it, which removes padding; an
	 * empty list leaves the batch item out. Default: the indices.
	 */
	readonly queryTokens?: BatchTokens;
	/** The same for the key axis. */
	readonly keyTokens?: BatchTokens;
}

const where = "attentionMaps";

/**
 * Cuts a capture record into maps, one for each batch item, head and whatever else stands before the last two axes,
 * which must be `query` and `key`.
 *
 * @throws VizError `UNSUPPORTED` for records on other axes, such as `['batch', 'channel']`.
 */
export function attentionMaps(record: CaptureRecord, options: AttentionMapsOptions = {}): AttentionMap[] {
	checkOptions(where, options, ["queryTokens", "keyTokens"]);
	checkNumbers(record);
	const { axes, shape, weights, layer, kind } = record;
	if (axes.at(-2) !== "query" || axes.at(-1) !== "key") {
		throw new VizError(
			"UNSUPPORTED",
			where,
			`the record of '${layer}' (${kind}) has the axes [${axes.join(", ")}]; expected axes that end in query, key. Other axes have no picture yet.`,
		);
	}
	const size = shape.reduce((product, length) => product * length, 1);
	if (axes.length !== shape.length || weights.length !== size) {
		throw new VizError(
			"SHAPE",
			where,
			`the record of '${layer}' has axes [${axes.join(", ")}], shape [${shape.join(", ")}] and ${weights.length} weights; expected one size for each axis and their product as many weights.`,
		);
	}
	const [queries = 0, keys = 0] = shape.slice(-2);
	const leading = shape.slice(0, -2);
	const count = leading.reduce((product, length) => product * length, 1);
	const batchAxis = axes.indexOf("batch");
	const headAxis = axes.findIndex((axis) => axis === "heads" || axis === "head");
	return Array.from({ length: count }, (_, item) => item).flatMap((item) => {
		const index = unravel(item, leading);
		const batch = batchAxis < 0 ? 0 : (index[batchAxis] ?? 0);
		const queryTokens = tokensOf("queryTokens", options.queryTokens, batch, queries);
		const keyTokens = tokensOf("keyTokens", options.keyTokens, batch, keys);
		if (queryTokens.length === 0 || keyTokens.length === 0) return [];
		const base = item * queries * keys;
		const cut = new Float64Array(queryTokens.length * keyTokens.length);
		for (let q = 0; q < queryTokens.length; q++) {
			for (let k = 0; k < keyTokens.length; k++) {
				cut[q * keyTokens.length + k] = weights[base + q * keys + k] ?? Number.NaN;
			}
		}
		const place = axes.slice(0, -2).map((axis, i) => `${axis === "heads" ? "head" : axis} ${index[i]}`);
		const head = headAxis >= 0 && { head: index[headAxis] ?? 0 };
		return [{ title: [layer, ...place].join(", "), layer, ...head, queryTokens, keyTokens, weights: cut }];
	});
}

/** Refuses a record as it was captured, whose weights are a tensor still. */
function checkNumbers(record: CaptureRecord): void {
	if (
		typeof record?.weights?.length === "number" &&
		Array.isArray(record.axes) &&
		Array.isArray(record.shape)
	)
		return;
	const isTensor =
		typeof (record?.weights as { readonly dataSync?: unknown } | undefined)?.dataSync === "function";
	const came = isTensor ? "the weights of the record are a tensor" : "this is no record";
	throw new VizError(
		"SHAPE",
		where,
		`${came}; expected axes, shape and numbers. Take the numbers out first: \`attentionMaps(await attentionData(record))\` with attentionData of @heed/layers, or pass \`{ ...record, shape: record.weights.shape, weights: await record.weights.data() }\`.`,
	);
}

function unravel(item: number, shape: readonly number[]): number[] {
	const index: number[] = [];
	let rest = item;
	for (const length of [...shape].reverse()) {
		index.unshift(rest % length);
		rest = Math.floor(rest / length);
	}
	return index;
}

function tokensOf(name: string, tokens: BatchTokens | undefined, batch: number, length: number): string[] {
	if (tokens === undefined) return Array.from({ length }, (_, i) => `${i}`);
	const nested = tokens.length > 0 && tokens.every((entry) => Array.isArray(entry));
	const list = (nested ? tokens[batch] : tokens) as readonly string[] | undefined;
	if (list === undefined) {
		throw new VizError(
			"SHAPE",
			where,
			`\`${name}\` has lists for ${tokens.length} batch items; item ${batch} is missing.`,
		);
	}
	if (list.length > length) {
		throw new VizError(
			"SHAPE",
			where,
			`\`${name}\` has ${list.length} tokens for batch item ${batch}; the axis has only ${length}.`,
		);
	}
	return [...list];
}
