import type * as tf from "@tensorflow/tfjs-core";
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
import {
	type AttentionOptions,
	attentionOptionNames,
	normalizerNames,
	type ReturnWeights,
} from "./attention-options.ts";

const where = "scaledDotProductAttention";

/** Sizes of one attention problem, whatever the layout. */
export interface AttentionSizes {
	readonly batch: number;
	readonly heads: number;
	readonly queryLength: number;
	readonly headDim: number;
	readonly keyHeads: number;
	readonly keyLength: number;
	readonly valueDim: number;
}

/** Refuses whatever {@link scaledDotProductAttention} cannot compute, before anything is allocated. */
export function checkAttention(
	query: tf.Tensor,
	key: tf.Tensor,
	value: tf.Tensor,
	options: AttentionOptions & ReturnWeights,
): AttentionSizes {
	checkOptions(where, options, attentionOptionNames);
	checkChoices(options);
	checkNumbers(options);
	const sizes = checkTensors(query, key, value, options.layout ?? "bhsd");
	checkMasks(options, sizes);
	checkPaths(options);
	return sizes;
}

function checkChoices({
	layout,
	normalizer,
	implementation,
	causal,
	returnWeights,
}: AttentionOptions & ReturnWeights): void {
	if (layout !== undefined) checkChoice(where, "layout", layout, ["bhsd", "bshd"]);
	if (typeof normalizer !== "function" && normalizer !== undefined) {
		checkChoice(where, "normalizer", normalizer, normalizerNames);
	}
	if (implementation !== undefined) {
		checkChoice(where, "implementation", implementation, ["auto", "fused", "blocked", "dense"]);
	}
	for (const [name, flag] of Object.entries({ causal, returnWeights })) {
		if (flag === undefined || typeof flag === "boolean") continue;
		throw new HeedError("OPTION", where, `\`${name}\` is ${String(flag)}; expected true or false.`);
	}
}

function checkNumbers({ scale, softcap, window, dropout }: AttentionOptions): void {
	if (scale !== undefined) checkNumber(where, "scale", scale);
	if (softcap !== undefined) {
		checkNumber(where, "softcap", softcap, { above: 0 });
		checkNumber(where, "softcap", softcap, { min: 1e-30 }); // its inverse must be a float32
	}
	if (window !== undefined) {
		checkOptions(`${where} \`window\``, window, ["left", "right"]);
		checkNumber(where, "window.left", window.left, { integer: true, min: -1 });
		checkNumber(where, "window.right", window.right, { integer: true, min: -1 });
	}
	if (dropout !== undefined) {
		checkOptions(`${where} \`dropout\``, dropout, ["rate", "seed"]);
		checkNumber(where, "dropout.rate", dropout.rate, { min: 0, below: 1 });
		checkNumber(where, "dropout.seed", dropout.seed, { integer: true, min: 0 });
	}
}

function checkTensors(
	query: tf.Tensor,
	key: tf.Tensor,
	value: tf.Tensor,
	layout: "bhsd" | "bshd",
): AttentionSizes {
	const [headAxis, lengthAxis] = layout === "bhsd" ? [1, 2] : [2, 1];
	const axesOf = (heads: string, length: string, dim: string): string[] => {
		const axes = ["batch", "", "", dim];
		axes[headAxis] = heads;
		axes[lengthAxis] = length;
		return axes;
	};
	const queryAxes = axesOf("heads", "queryLength", "headDim");
	const keyAxes = axesOf("kvHeads", "keyLength", "headDim");
	checkRank(where, "query", query, queryAxes);
	checkRank(where, "key", key, keyAxes);
	const [batch = 0, , , headDim = 0] = query.shape;
	if (headDim === 0) {
		throw new HeedError(
			"SHAPE",
			where,
			`${describeShape("query", query.shape, queryAxes)} has no features; expected headDim 1 or more.`,
		);
	}
	const heads = query.shape[headAxis] ?? 0;
	const keyHeads = key.shape[headAxis] ?? 0;
	const keyLength = key.shape[lengthAxis] ?? 0;
	const reason = describeShape("query", query.shape, queryAxes);
	checkShape(where, "key", key, keyAxes, [batch, null, null, headDim], reason);
	if (keyHeads === 0 || heads % keyHeads !== 0) {
		throw new HeedError(
			"SHAPE",
			where,
			`${describeShape("key", key.shape, keyAxes)} does not match ${reason}: heads (${heads}) must be a multiple of kvHeads (${keyHeads}).`,
		);
	}
	const expected: (number | null)[] = [batch, keyLength, keyLength, null];
	expected[headAxis] = keyHeads;
	const keyReason = describeShape("key", key.shape, keyAxes);
	checkShape(where, "value", value, axesOf("kvHeads", "keyLength", "valueDim"), expected, keyReason);
	checkDtype(where, "query", query, "float32");
	checkDtype(where, "key", key, "float32");
	checkDtype(where, "value", value, "float32");
	const queryLength = query.shape[lengthAxis] ?? 0;
	return { batch, heads, queryLength, headDim, keyHeads, keyLength, valueDim: value.shape[3] ?? 0 };
}

function checkMasks(
	{ mask, bias, keyLengths, queryOffset, sinks }: AttentionOptions,
	sizes: AttentionSizes,
): void {
	if (mask !== undefined) {
		if (mask.dtype === "float32") {
			throw new HeedError(
				"DTYPE",
				where,
				"`mask` is float32; expected bool, true = attend. Pass numbers to add as `bias`.",
			);
		}
		checkDtype(where, "mask", mask, "bool");
		checkBroadcast("mask", mask, sizes);
	}
	if (bias !== undefined) {
		if (bias.dtype === "bool") {
			throw new HeedError("DTYPE", where, "`bias` is bool; expected float32. Pass true = attend as `mask`.");
		}
		checkDtype(where, "bias", bias, "float32");
		checkBroadcast("bias", bias, sizes);
	}
	if (sinks !== undefined) {
		checkDtype(where, "sinks", sinks, "float32");
		checkShape(where, "sinks", sinks, ["heads"], [sizes.heads], `the query's heads ${sizes.heads}`);
	}
	if (keyLengths !== undefined) checkKeyLengths(keyLengths, sizes);
	if (queryOffset !== undefined) {
		const offsets = [queryOffset].flat();
		if (Array.isArray(queryOffset)) checkCount("queryOffset", offsets.length, sizes.batch);
		for (const offset of offsets) checkNumber(where, "queryOffset", offset, { integer: true });
	}
}

function checkBroadcast(name: string, tensor: tf.Tensor, sizes: AttentionSizes): void {
	const { batch, heads, queryLength, keyLength } = sizes;
	const full = [batch, heads, queryLength, keyLength];
	if (tensor.rank === 3) {
		throw new HeedError(
			"SHAPE",
			where,
			`${describeShape(name, tensor.shape)} has rank 3, which ONNX reads as [heads, queryLength, keyLength] and Keras as ` +
				`[batch, queryLength, keyLength]. Reshape it to rank 4: [1, heads, queryLength, keyLength] or [batch, 1, queryLength, keyLength].`,
		);
	}
	const axes = ["batch", "heads", "queryLength", "keyLength"].slice(-tensor.rank);
	const expected = full.slice(-tensor.rank);
	const fits =
		(tensor.rank === 2 || tensor.rank === 4) &&
		tensor.shape.every((size, axis) => size === 1 || size === expected[axis]);
	if (fits) return;
	const shape = describeShape(name, tensor.shape, axes);
	const wanted = `[${queryLength}, ${keyLength}] or [${full.join(", ")}]`;
	throw new HeedError(
		"SHAPE",
		where,
		`${shape} does not broadcast to the scores: expected ${wanted}, where any size may be 1.`,
	);
}

function checkKeyLengths(keyLengths: Lengths, { batch, keyLength }: AttentionSizes): void {
	if ("dtype" in keyLengths) {
		checkDtype(where, "keyLengths", keyLengths, "int32");
		checkShape(where, "keyLengths", keyLengths, ["batch"], [batch], `the query's batch ${batch}`);
		return;
	}
	checkCount("keyLengths", keyLengths.length, batch);
	for (const length of keyLengths) {
		checkNumber(where, "keyLengths", length, { integer: true, min: 0, max: keyLength });
	}
}

function checkCount(name: string, count: number, batch: number): void {
	if (count === batch) return;
	throw new HeedError(
		"SHAPE",
		where,
		`\`${name}\` has ${count} numbers; expected one per batch item, ${batch}.`,
	);
}

function checkPaths({
	implementation = "auto",
	normalizer = "softmax",
	returnWeights,
	sinks,
}: AttentionOptions & ReturnWeights): void {
	if (sinks !== undefined && normalizer !== "softmax") {
		throw new HeedError(
			"OPTION",
			where,
			"`sinks` take part in softmax only. Leave out `sinks` or `normalizer`.",
		);
	}
	if (implementation !== "fused" && implementation !== "blocked") return;
	const cause = returnWeights ? "`returnWeights`" : normalizer === "softmax" ? undefined : "`normalizer`";
	if (cause === undefined) return;
	throw new HeedError(
		"UNSUPPORTED",
		where,
		`${cause} needs the whole matrix of scores, which the ${implementation} path never builds. Use \`implementation: 'dense'\` or 'auto'.`,
	);
}
