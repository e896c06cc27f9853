import { type AttentionMap, isAllowed } from "./attention-map.ts";

/** A map with fewer cells, and how many of the old ones each new one stands for. */
export interface PooledMap {
	readonly map: AttentionMap;
	/** Neighbouring queries in one row. */
	readonly queries: number;
	/** Neighbouring keys in one column. */
	readonly keys: number;
}

/**
 * Makes a map fit into `maxQueries` × `maxKeys` cells. Each new cell holds the **largest** weight of its tile, so that
 * a lone spike survives; it is NaN when a NaN is among them, and masked when all are. A pooled axis is labelled by
 * the index at which each tile starts.
 */
export function poolMap(map: AttentionMap, maxQueries: number, maxKeys: number): PooledMap {
	const rows = map.queryTokens.length;
	const columns = map.keyTokens.length;
	const queries = Math.max(1, Math.ceil(rows / maxQueries));
	const keys = Math.max(1, Math.ceil(columns / maxKeys));
	if (queries === 1 && keys === 1) return { map, queries, keys };
	const queryTokens = poolTokens(map.queryTokens, queries);
	const keyTokens = poolTokens(map.keyTokens, keys);
	const weights = new Float64Array(queryTokens.length * keyTokens.length).fill(Number.NEGATIVE_INFINITY);
	const mask = new Array<boolean>(weights.length).fill(false);
	for (let q = 0; q < rows; q++) {
		for (let k = 0; k < columns; k++) {
			const from = q * columns + k;
			if (!isAllowed(map, from)) continue;
			const to = Math.floor(q / queries) * keyTokens.length + Math.floor(k / keys);
			mask[to] = true;
			weights[to] = Math.max(weights[to] ?? 0, map.weights[from] ?? Number.NaN); // Math.max keeps NaN
		}
	}
	return { map: { ...map, queryTokens, keyTokens, weights, mask }, queries, keys };
}

function poolTokens(tokens: readonly string[], group: number): readonly string[] {
	if (group === 1) return tokens;
	return Array.from({ length: Math.ceil(tokens.length / group) }, (_, i) => `${i * group}`);
}

/** Says what a pooled picture shows, or nothing when it shows everything. */
export function poolingNote({ queries, keys }: PooledMap): string {
	if (queries === 1 && keys === 1) return "";
	const tile = [queries > 1 && `${queries} queries`, keys > 1 && `${keys} keys`].filter(Boolean).join(" × ");
	return `Each cell is the largest of ${tile}; numbers say where it starts.`;
}
