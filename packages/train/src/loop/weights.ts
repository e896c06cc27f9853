import { HeedError } from "@heed/core";
import type { NamedVariable } from "../optimizer/named-variables.ts";
import { assignSaved, type SavedTensors, saveTensor } from "../optimizer/saved-tensor.ts";

/**
 * Copies the numbers of variables after an update.
 *
 * @throws HeedError when a trained one holds a NaN or an infinity, so that no good copy is replaced by a spoilt one.
 *   Others may: an infinity is a fine constant for a mask.
 */
export async function saveWeights(
	trained: readonly NamedVariable[],
	untrained: readonly NamedVariable[],
	step: number,
): Promise<SavedTensors> {
	const weights = new Map();
	for (const { name, variable } of [...trained, ...untrained]) weights.set(name, await saveTensor(variable));
	for (const { name } of trained) {
		const data: ArrayLike<number> = weights.get(name).data;
		const broken = Array.prototype.findIndex.call(data, (value) => !Number.isFinite(value));
		if (broken < 0) continue;
		throw new HeedError(
			"VALUE",
			"train",
			`'${name}' holds ${data[broken]} after step ${step}; its weights are not kept, so that earlier ones are not ` +
				"replaced. Lower the learning rate, or set `clipNorm`.",
		);
	}
	return weights;
}

/** Gives variables the numbers that were saved of them. */
export function assignWeights(variables: readonly NamedVariable[], weights: SavedTensors): void {
	for (const { name, variable } of variables) {
		const saved = weights.get(name);
		if (saved !== undefined) assignSaved(variable, saved);
	}
}
