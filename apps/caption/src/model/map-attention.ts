import type { ParameterScope } from "@heed/layers";
import {
	type AttentionFactory,
	type AttentionState,
	type AttentionStep,
	type DecoderAttention,
	HardAttention,
} from "@heed/nlp";
import { type ImageAttention, querySpatialAttention, scaCnnAttention } from "@heed/vision";
import * as tf from "@tensorflow/tfjs-core";
import type { AttentionName } from "../settings.ts";

/** What the attention of a captioner is made of. */
export interface MapAttentionOptions {
	/** Size of the space in which the decoder's state and the features meet. */
	readonly units: number;
	/** Of `sca`: channels first, or places. */
	readonly order: "cs" | "sc";
	/** Height and width of the map. */
	readonly side: number;
	readonly seed: number;
}

/**
 * The attention of a decoder to a map of features, whose rows stand one behind the other in the memory:
 *
 * - `soft`: the deterministic attention of Show, Attend and Tell, with its gate.
 * - `hard`: the stochastic one: one place per word, learned by REINFORCE.
 * - `sca`: of SCA-CNN, channels and then places; the mean of the map that it weighs is the context.
 * - `none`: the mean of the map, the same for every word.
 */
export function mapAttention(kind: AttentionName, options: MapAttentionOptions): AttentionFactory {
	const { order, units, side, seed } = options;
	return (parameters, { querySize, memorySize }) => {
		const ready = <Layer extends ImageAttention>(layer: Layer): Layer => {
			layer.build([
				[null, side, side, memorySize],
				[null, querySize],
			]);
			layer.register(parameters);
			return layer;
		};
		if (kind === "none") return meanAttention();
		if (kind === "hard") return hardAttention(parameters, { units, seed, querySize, memorySize });
		if (kind === "sca") {
			const layer = ready(scaCnnAttention({ order, units, seed, returnAttention: true }));
			return stepwise(kind, (query, { memory }) => {
				const [output, weights] = layer.call([asMap(memory, side), query], {}) as [tf.Tensor4D, tf.Tensor4D];
				return { context: tf.mean(output, [1, 2]), places: tf.sum(weights, 3) };
			});
		}
		const layer = ready(querySpatialAttention({ units, seed, gate: "scalar" }));
		return stepwise(
			kind,
			(query, { memory, keys }) => {
				const { output, weights } = layer.step(query, { x: asMap(memory, side), keys });
				return { context: output as tf.Tensor2D, places: weights };
			},
			(memory) => layer.setUp(asMap(memory, side)).keys,
		);
	};
}

function hardAttention(
	parameters: ParameterScope,
	sizes: { units: number; seed: number; querySize: number; memorySize: number },
): DecoderAttention {
	const { units, seed, querySize, memorySize } = sizes;
	const layer = new HardAttention({ units, seed, name: "hard" });
	layer.buildFor(querySize, memorySize);
	for (const weight of layer.weights) parameters.adopt(weight.originalName, weight.read() as tf.Variable);
	return layer;
}

function meanAttention(): DecoderAttention {
	return stepwise("none", (_, { memory }) => {
		const [batch, places] = memory.shape;
		return { context: tf.mean(memory, 1), places: tf.fill([batch, places], 1 / places) };
	});
}

/** What one question to a map gives. */
interface Asked {
	/** `[batch, channels]`. */
	readonly context: tf.Tensor2D;
	/** The weights of the places, `[batch, …]`, which sum to 1. */
	readonly places: tf.Tensor;
}

/** A mechanism whose steps know nothing of each other. */
function stepwise(
	name: string,
	ask: (query: tf.Tensor2D, state: AttentionState) => Asked,
	keysOf: (memory: tf.Tensor3D) => tf.Tensor3D = (memory) => tf.clone(memory),
): DecoderAttention {
	return {
		name,
		kind: "mapAttention",
		setUp: (memory) => {
			const [batch, places] = memory.shape;
			return { memory: tf.clone(memory), keys: keysOf(memory), mask: tf.ones([batch, 1, places], "bool") };
		},
		step: (query, state): AttentionStep => {
			const { context, places } = ask(query, state);
			return { context, alignment: tf.reshape(places, [query.shape[0], -1]), state };
		},
		reorderState: (state, indices) => {
			const moved = Object.entries(state).map(([part, tensor]) => [part, tf.gather(tensor, indices)]);
			return Object.fromEntries(moved) as AttentionState;
		},
	};
}

function asMap(memory: tf.Tensor3D, side: number): tf.Tensor4D {
	const [batch, , channels] = memory.shape;
	return tf.reshape(memory, [batch, side, side, channels]);
}
