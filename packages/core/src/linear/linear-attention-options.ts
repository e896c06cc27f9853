import * as tf from "@tensorflow/tfjs-core";
import {
	checkChoice,
	checkDtype,
	checkNumber,
	checkOptions,
	checkRank,
	checkShape,
	describeShape,
} from "../checks.ts";
import { HeedError } from "../errors.ts";
import type { Lengths } from "../mask/padding-mask.ts";

/** What takes the place of the exponential: `elu(x) + 1`, `max(x, 0)`, or `x` itself. */
export type FeatureMap = "elu" | "relu" | "identity";

/** All that the keys and values so far have left behind; its size does not grow. */
export interface LinearAttentionState {
	/** Σ φ(k) vᵀ, `[batch, heads, featureDim, valueDim]` */
	readonly memory: tf.Tensor4D;
	/** Σ φ(k), `[batch, heads, featureDim]` */
	readonly keySum: tf.Tensor3D;
}

/** Options of `linearAttention`. */
export interface LinearAttentionOptions {
	/** φ: one by name, or a function from `[batch, heads, length, headDim]` to `[..., featureDim]`. Default `elu`. */
	readonly featureMap?: FeatureMap | ((x: tf.Tensor4D) => tf.Tensor4D) | undefined;
	/** Query i sees the keys up to i, and the state. Default false: all keys, and the state. */
	readonly causal?: boolean | undefined;
	/** Divide by the sum of the weights. Default true, but false for the feature map `identity`. */
	readonly normalize?: boolean | undefined;
	/** Added to the sum of the weights before dividing. Default 1e-6. */
	readonly epsilon?: number | undefined;
	/** True = attend to this key. bool `[batch, keyLength]`: there are no pairs of a query and a key here to mask. */
	readonly keyMask?: tf.Tensor2D | undefined;
	/** How many leading keys of each batch item are real, `[batch]`: int32, or plain numbers. */
	readonly keyLengths?: Lengths | undefined;
	/** What earlier calls have left; nothing by default. It is not disposed. */
	readonly state?: LinearAttentionState | undefined;
	/** Positions that the causal form does at once: only speed and memory depend on it. Default 64. */
	readonly chunkLength?: number | undefined;
	/** Return the state after these keys as well. Default false. */
	readonly returnState?: boolean | undefined;
}

const where = "linearAttention";
const queryAxes = ["batch", "heads", "queryLength", "headDim"] as const;
const keyAxes = ["batch", "heads", "keyLength", "headDim"] as const;
const valueAxes = ["batch", "heads", "keyLength", "valueDim"] as const;
const known = [
	"featureMap",
	"causal",
	"normalize",
	"epsilon",
	"keyMask",
	"keyLengths",
	"state",
	"chunkLength",
	"returnState",
];

/** Refuses arguments of `linearAttention` that do not fit together. */
export function checkLinearAttention(
	query: tf.Tensor4D,
	key: tf.Tensor4D,
	value: tf.Tensor4D,
	options: LinearAttentionOptions,
): void {
	checkOptions(where, options, known);
	const { featureMap = "elu", causal = false, epsilon = 1e-6, chunkLength = 64, state } = options;
	if (typeof featureMap !== "function") {
		checkChoice(where, "featureMap", featureMap, ["elu", "relu", "identity"]);
	}
	checkNumber(where, "epsilon", epsilon, { min: 0 });
	checkNumber(where, "chunkLength", chunkLength, { integer: true, min: 1 });
	checkRank(where, "query", query, queryAxes);
	const [batch, heads, queryLength, headDim] = query.shape;
	const fromQuery = describeShape("query", query.shape, queryAxes);
	checkShape(where, "key", key, keyAxes, [batch, heads, null, headDim], fromQuery);
	const keyLength = key.shape[2];
	const fromKey = describeShape("key", key.shape, keyAxes);
	checkShape(where, "value", value, valueAxes, [batch, heads, keyLength, null], fromKey);
	for (const [name, tensor] of Object.entries({ query, key, value }))
		checkDtype(where, name, tensor, "float32");
	if (causal && queryLength !== keyLength) {
		const message = `${fromKey} does not match ${fromQuery}: \`causal\` needs as many keys as queries. Put earlier keys into \`state\`.`;
		throw new HeedError("SHAPE", where, message);
	}
	if (options.keyMask !== undefined) {
		checkShape(where, "keyMask", options.keyMask, ["batch", "keyLength"], [batch, keyLength], fromKey);
		checkDtype(where, "keyMask", options.keyMask, "bool");
	}
	if (options.keyLengths !== undefined) {
		checkKeyLengths(options.keyLengths, batch, keyLength, fromKey);
	}
	if (state !== undefined) {
		// A feature map of the caller's may change the size of a head.
		const featureDim = typeof featureMap === "function" ? null : headDim;
		const axes = ["batch", "heads", "featureDim", "valueDim"] as const;
		const expected = [batch, heads, featureDim, value.shape[3]];
		checkShape(where, "state.memory", state.memory, axes, expected, "query and value");
		const memory = describeShape("state.memory", state.memory.shape, axes);
		checkShape(where, "state.keySum", state.keySum, axes.slice(0, 3), state.memory.shape.slice(0, 3), memory);
	}
}

function checkKeyLengths(lengths: Lengths, batch: number, keyLength: number, reason: string): void {
	if (lengths instanceof tf.Tensor) {
		checkShape(where, "keyLengths", lengths, ["batch"], [batch], reason);
		checkDtype(where, "keyLengths", lengths, "int32");
		return;
	}
	if (!Array.isArray(lengths) || lengths.length !== batch) {
		const came = Array.isArray(lengths) ? `has ${lengths.length} numbers` : `is ${String(lengths)}`;
		const message = `\`keyLengths\` ${came}; expected one number per batch item, ${batch}, or a tensor of them.`;
		throw new HeedError("OPTION", where, message);
	}
	for (const length of lengths as readonly number[]) {
		checkNumber(where, "keyLengths", length, { integer: true, min: 0, max: keyLength });
	}
}
