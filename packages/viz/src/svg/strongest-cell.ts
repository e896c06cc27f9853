import { type AttentionMap, isAllowed } from "../attention-map.ts";

/** Where the largest weight is that may be attended to, as its place in `weights`; -1 where there is none. */
export function strongestCell(map: AttentionMap): number {
	let best = -1;
	for (let i = 0; i < map.weights.length; i++) {
		const weight = map.weights[i] ?? Number.NaN;
		if (isAllowed(map, i) && !Number.isNaN(weight) && (best < 0 || weight > (map.weights[best] ?? 0)))
			best = i;
	}
	return best;
}
