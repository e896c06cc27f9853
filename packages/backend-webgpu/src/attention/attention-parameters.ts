import type { AttentionAttributes, AttentionInputs } from "@heed/core";
import { broadcastStrides, seedKey, visibleBounds } from "@heed/core";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { DeviceRun } from "../device/device-run.ts";
import { type AttentionSpec, parameterFields } from "./attention-shader.ts";
import { sumRows } from "./score-grad-code.ts";

/** What is compiled into the kernels of a problem. */
export function attentionSpec(inputs: AttentionInputs, attributes: AttentionAttributes): AttentionSpec {
	const { query, value, keyLengths, mask, bias, sinks } = inputs;
	const { causal, windowLeft, windowRight, softcap, dropoutRate } = attributes;
	return {
		headDim: query.shape[3],
		valueDim: value.shape[3],
		bounded: causal || windowLeft >= 0 || windowRight >= 0,
		keyLengths: keyLengths !== undefined,
		mask: mask !== undefined,
		bias: bias !== undefined,
		softcap: softcap > 0 && softcap < 1e30, // above, float32 has no difference, and the quotient may be flushed to 0
		sinks: sinks !== undefined,
		dropout: dropoutRate > 0,
	};
}

/** The numbers for each batch item and head, and where each kind of them begins. */
export interface AttentionList {
	/** First and last key that the first query sees: one pair, or one for each batch item. */
	readonly bounds: Int32Array;
	readonly lengthsAt: number;
	readonly sinksAt: number;
	readonly length: number;
}

/** Lays out the list of a problem. Key lengths and sinks, which are on the device, are left to be copied. */
export function attentionList(
	{ query, keyLengths, sinks }: AttentionInputs,
	attributes: AttentionAttributes,
	{ bounded }: AttentionSpec,
): AttentionList {
	const each = typeof attributes.queryOffset === "number" ? 1 : query.shape[0];
	const bounds = Int32Array.from(bounded ? visibleBounds(each, attributes) : []);
	const sinksAt = bounds.length + (keyLengths?.size ?? 0);
	return { bounds, lengthsAt: bounds.length, sinksAt, length: sinksAt + (sinks?.size ?? 0) };
}

/** Writes the list into a tensor, from an element on. */
export function writeList(
	run: DeviceRun,
	{ keyLengths, sinks }: AttentionInputs,
	{ bounds, lengthsAt, sinksAt }: AttentionList,
	to: TensorInfo,
	at: number,
): void {
	if (bounds.length > 0) run.write(to, 4 * at, bounds);
	if (keyLengths !== undefined) run.copyInto(keyLengths, to, 4 * (at + lengthsAt));
	if (sinks !== undefined) run.copyInto(sinks, to, 4 * (at + sinksAt));
}

/** The uniform of a problem. */
export function attentionParameters(
	inputs: AttentionInputs,
	attributes: AttentionAttributes,
	spec: AttentionSpec,
	list: AttentionList,
): ArrayBuffer {
	const { query, key, mask, bias } = inputs;
	const [batch, heads, queries] = query.shape;
	const { scale, softcap, dropoutRate, dropoutSeed } = attributes;
	const { low, high } = seedKey(dropoutSeed);
	const data = new ArrayBuffer(4 * parameterFields);
	const ints = new Uint32Array(data);
	const floats = new Float32Array(data);
	ints.set([batch, heads, key.shape[1], queries, key.shape[2]]);
	floats.set([scale, softcap], 5);
	ints[7] = Math.floor(dropoutRate * 2 ** 32);
	floats[8] = 1 / (1 - dropoutRate);
	ints.set([low >>> 0, high >>> 0], 9);
	floats[11] = Number.NEGATIVE_INFINITY;
	ints.set(broadcastStrides(bias), 12);
	ints.set(broadcastStrides(mask), 16);
	const boundsStep = list.bounds.length > 2 ? 2 : 0;
	ints.set([boundsStep, list.lengthsAt, list.sinksAt, sumRows(spec) * batch * heads * queries], 20);
	return data;
}
