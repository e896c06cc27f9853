import type { AttentionAttributes, AttentionInputs } from "@heed/core";
import { broadcastStrides, seedKey, visibleBounds } from "@heed/core";
import { type AttentionSpec, parameterFields } from "./attention-shader.ts";

/** What is compiled into the kernels of a problem. */
export function attentionSpec(inputs: AttentionInputs, attributes: AttentionAttributes): AttentionSpec {
	const { query, value, keyLengths, mask, bias, sinks } = inputs;
	const { causal, windowLeft, windowRight, softcap, dropoutRate } = attributes;
	const [batch, heads] = query.shape;
	// Lists of all lengths share their kernels: the length is rounded up to a power of two.
	const listLength = 2 ** Math.ceil(Math.log2(Math.max(1, (3 * batch + heads) / 4)));
	return {
		headDim: query.shape[3],
		valueDim: value.shape[3],
		bounded: causal || windowLeft >= 0 || windowRight >= 0,
		keyLengths: keyLengths !== undefined,
		mask: mask !== undefined,
		bias: bias !== undefined,
		softcap: softcap > 0,
		sinks: sinks !== undefined,
		dropout: dropoutRate > 0,
		listLength,
	};
}

/** Where the key lengths and the sinks belong in the uniform, in bytes. */
export function listOffsets(batch: number): { readonly keyLengths: number; readonly sinks: number } {
	return { keyLengths: 4 * (parameterFields + 2 * batch), sinks: 4 * (parameterFields + 3 * batch) };
}

/** The uniform of a problem; key lengths and sinks, which are on the device, are left to be copied. */
export function attentionParameters(
	inputs: AttentionInputs,
	attributes: AttentionAttributes,
	spec: AttentionSpec,
): ArrayBuffer {
	const { query, key, mask, bias } = inputs;
	const [batch, heads, queries] = query.shape;
	const { scale, softcap, dropoutRate, dropoutSeed } = attributes;
	const { low, high } = seedKey(dropoutSeed);
	const data = new ArrayBuffer(4 * (parameterFields + 4 * spec.listLength));
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
	new Int32Array(data).set(visibleBounds(batch, attributes), parameterFields);
	return data;
}
