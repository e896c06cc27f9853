import { checkOptions, checkShape, HeedError } from "@heed/core";
import type * as tf from "@tensorflow/tfjs-core";

/**
 * Puts values into the weights of a cell, all of them at once.
 *
 * @throws HeedError `OPTION` for a weight that is missing or unknown, `SHAPE`; nothing is changed then.
 */
export function assignWeights(
	cell: { readonly weights: Readonly<Partial<Record<string, tf.Variable>>> },
	values: { readonly [name: string]: tf.Tensor },
): void {
	const where = "assignWeights";
	const weights = Object.entries(cell.weights) as [string, tf.Variable][];
	checkOptions(where, values, Object.keys(cell.weights));
	for (const [name, variable] of weights) {
		const value = values[name];
		if (value === undefined) {
			throw new HeedError("OPTION", where, `no value for \`${name}\` came; every weight needs one.`);
		}
		const axes = variable.shape.map((_, axis) => `axis ${axis}`);
		checkShape(where, name, value, axes, variable.shape, "the weight");
	}
	for (const [name, variable] of weights) variable.assign(values[name] as tf.Tensor);
}
