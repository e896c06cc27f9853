import type { ParameterScope } from "@heed/layers";
import type * as tf from "@tensorflow/tfjs-core";
import { type AttentionConfig, attentionByName } from "./attention-by-name.ts";
import type { DecoderAttention } from "./decoder-attention.ts";

/**
 * Makes a mechanism for a decoder. Its weights are to be registered in `parameters`, by `add` or, if a layer has made
 * them, by `adopt`: so they are trained, stored and freed with those of the model.
 */
export type AttentionFactory = (
	parameters: ParameterScope,
	sizes: { readonly querySize: number; readonly memorySize: number },
) => DecoderAttention;

/** The factory of a mechanism that is given by its config; what is a factory already stays one. */
export function attentionFactory(
	where: string,
	attention: AttentionConfig | AttentionFactory,
	seed: number,
): AttentionFactory {
	if (typeof attention === "function") return attention;
	const layer = attentionByName(where, attention, seed); // here, so that a wrong config is refused before anything is made
	return (parameters, { querySize, memorySize }) => {
		layer.buildFor(querySize, memorySize);
		for (const weight of layer.weights) parameters.adopt(weight.originalName, weight.read() as tf.Variable);
		return layer;
	};
}
