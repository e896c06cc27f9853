import type * as tf from "@tensorflow/tfjs-core";
import type { layers } from "@tensorflow/tfjs-layers";

/** The weights of a built layer by their paths, such as `query/kernel`, without the layer's own name before them. */
export function namedWeights(layer: layers.Layer): ReadonlyMap<string, tf.Variable> {
	return new Map(
		layer.weights.map((weight) => {
			const name = weight.originalName;
			const path = name.startsWith(`${layer.name}/`) ? name.slice(layer.name.length + 1) : name;
			return [path, weight.read() as tf.Variable];
		}),
	);
}
