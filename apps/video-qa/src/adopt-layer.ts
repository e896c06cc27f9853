import { namedWeights, type ParameterScope } from "@heed/layers";
import type { layers, Shape } from "@tensorflow/tfjs-layers";

/** Builds a layer for inputs of some shapes, and registers its weights with those of the model. */
export function adoptLayer(parameters: ParameterScope, layer: layers.Layer, shapes: Shape[]): void {
	layer.build(shapes);
	layer.built = true;
	for (const [path, variable] of namedWeights(layer)) parameters.adopt(path, variable);
}
