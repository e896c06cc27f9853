import { checkShape, HeedError } from "@heed/core";
import type * as tf from "@tensorflow/tfjs-core";

/**
 * Puts values into weights by their names, all of them at once: for importers of trained models.
 *
 * @param weights For instance `parameters.variables`, `model.weights`, `cell.weights`, or `namedWeights` of a layer.
 * @param values A value for every weight, each of its shape. The caller keeps them.
 * @param where Who asks, for messages.
 * @throws HeedError `VALUE` for names that are missing or unknown, all of them listed; `SHAPE`. Nothing is changed then.
 */
export function assignWeights(
	weights: ReadonlyMap<string, tf.Variable> | Readonly<Partial<Record<string, tf.Variable>>>,
	values: Readonly<Record<string, tf.Tensor>>,
	where = "assignWeights",
): void {
	const all = (weights instanceof Map ? weights : new Map(Object.entries(weights))) as Map<
		string,
		tf.Variable
	>;
	const missing = [...all.keys()].filter((name) => !Object.hasOwn(values, name));
	const unknown = Object.keys(values).filter((name) => !all.has(name));
	if (missing.length + unknown.length > 0) {
		const parts = [
			...(missing.length > 0 ? [`no value came for ${list(missing)}`] : []),
			...(unknown.length > 0 ? [`there is no weight ${list(unknown)}`] : []),
		];
		const hint = "Compare the config with that of the file.";
		throw new HeedError("VALUE", where, `${parts.join("; ")}. ${hint}`);
	}
	for (const [name, variable] of all) {
		const axes = variable.shape.map((_, axis) => `axis ${axis}`);
		checkShape(where, name, values[name] as tf.Tensor, axes, variable.shape, "the weight");
	}
	for (const [name, variable] of all) variable.assign(values[name] as tf.Tensor);
}

function list(names: readonly string[]): string {
	const shown = names.slice(0, 8).map((name) => `\`${name}\``);
	return `${shown.join(", ")}${names.length > 8 ? ` and ${names.length - 8} more` : ""}`;
}
