import type { ParameterScope } from "@heed/layers";
import type { LayerVariable } from "@tensorflow/tfjs-layers";

/** Where the parts of a layer register what it keeps: weights, and statistics that no gradient changes. */
export interface LayerParts extends ParameterScope {
	/** Adds numbers that are saved with the layer and not trained. */
	addStatistic(path: string, shape: number[], value: "zeros" | "ones"): LayerVariable;
	scope(prefix: string): LayerParts;
}
