import * as tf from "@tensorflow/tfjs-core";
import { gatherRows } from "../ops/gather-rows.ts";

/** Every tensor of a nested state with each of its rows `count` times in a row: b0 b0 b1 b1, never b0 b1 b0 b1. */
export function repeatRows<State>(state: State, count: number): State {
	if (count === 1) return state;
	const indicesOf = new Map<number, tf.Tensor1D>();
	const repeat = (part: unknown): unknown => {
		if (part instanceof tf.Tensor) {
			const rows = part.shape[0] ?? 0;
			const indices =
				indicesOf.get(rows) ??
				tf.tensor1d(
					Array.from({ length: rows * count }, (_, i) => Math.floor(i / count)),
					"int32",
				);
			indicesOf.set(rows, indices);
			return gatherRows(part, indices);
		}
		if (Array.isArray(part)) return part.map(repeat);
		if (typeof part !== "object" || part === null) return part;
		return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, repeat(value)]));
	};
	return repeat(state) as State;
}
