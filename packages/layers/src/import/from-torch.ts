import { checkRank, checkShape, HeedError } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";

/** A state dictionary: tensors by PyTorch's names. */
export type TorchState = Readonly<Record<string, tf.Tensor>>;

/** Values by the paths of our weights, for `assignWeights`; the caller disposes them. */
export type WeightValues = Record<string, tf.Tensor>;

/**
 * The weights of PyTorch's `nn.MultiheadAttention` as those of `multiHeadAttention` and `MultiHeadBlock`. The packed
 * `in_proj_weight` and the three of `kdim` and `vdim` are both understood; `[out, in]` becomes `[in, out]`. The order of the
 * heads is the same.
 *
 * PyTorch's masks say true = ignore where ours say true = attend: turn them with `invertMask`.
 *
 * When not to use it: for a whole model of a known kind; the importers of `@heed/nlp` read its sizes from the file, too.
 *
 * @param prefix What stands before every name, for instance `encoder.layers.0.self_attn.`.
 * @throws HeedError `VALUE` for names that are missing, or that stand behind the prefix and are not read; `UNSUPPORTED` for
 *   `bias_k` and `bias_v`, which have no counterpart.
 */
export function multiHeadFromTorch(state: TorchState, prefix = ""): WeightValues {
	const where = "multiHeadFromTorch";
	const name = (end: string): string => `${prefix}${end}`;
	if (state[name("bias_k")] !== undefined) {
		const message = `\`${name("bias_k")}\` adds a key to every sequence, which has no counterpart here. Train without \`add_bias_kv\`.`;
		throw new HeedError("UNSUPPORTED", where, message);
	}
	const sides = ["query", "key", "value"] as const;
	const isPacked = state[name("in_proj_weight")] !== undefined;
	const needed = isPacked ? ["in_proj_weight"] : ["q_proj_weight", "k_proj_weight", "v_proj_weight"];
	const hasBias = state[name("in_proj_bias")] !== undefined;
	const biases = hasBias ? ["in_proj_bias", "out_proj.bias"] : [];
	checkNames(where, state, { prefix, names: [...needed, "out_proj.weight", ...biases].map(name) });
	const read = (end: string): tf.Tensor => state[name(end)] as tf.Tensor;
	const out = read("out_proj.weight");
	checkRank(where, name("out_proj.weight"), out, ["out", "in"]);
	const packed = [3 * (out.shape[0] ?? 0)];
	const reason = `the rows of ${name("out_proj.weight")}`;
	if (isPacked) {
		const axes = ["3 · embedDim", "embedDim"];
		checkShape(where, name("in_proj_weight"), read("in_proj_weight"), axes, [...packed, null], reason);
	}
	if (hasBias) {
		checkShape(where, name("in_proj_bias"), read("in_proj_bias"), ["3 · embedDim"], packed, reason);
	}
	return tf.tidy(() => {
		const kernels = isPacked ? tf.split(read("in_proj_weight"), 3, 0) : needed.map(read);
		const shifts = hasBias ? tf.split(read("in_proj_bias"), 3, 0) : [];
		const values: WeightValues = {};
		sides.forEach((side, i) => {
			values[`${side}/kernel`] = transposed(where, name(needed[i] ?? ""), kernels[i] as tf.Tensor);
			if (hasBias) values[`${side}/bias`] = shifts[i] as tf.Tensor;
		});
		values["attention_output/kernel"] = tf.transpose(out);
		if (hasBias) values["attention_output/bias"] = tf.clone(read("out_proj.bias"));
		return values;
	});
}

/**
 * The weights of PyTorch's `nn.TransformerEncoderLayer` as those of `transformerEncoderLayer` and `TransformerBlock`. PyTorch's
 * defaults are ours: post-norm, ε 1e-5, relu; `norm_first` is `normFirst`.
 *
 * @param prefix What stands before every name, for instance `encoder.layers.0.`.
 * @throws HeedError `VALUE` for names that are missing, or that stand behind the prefix and are not read.
 */
export function transformerEncoderLayerFromTorch(state: TorchState, prefix = ""): WeightValues {
	return layerFromTorch("transformerEncoderLayerFromTorch", state, prefix, [
		["self_attn", "self_attention", "norm1"],
	]);
}

/**
 * The weights of PyTorch's `nn.TransformerDecoderLayer` as those of `transformerDecoderLayer` and of a `TransformerBlock`
 * with a memory.
 *
 * @param prefix What stands before every name, for instance `decoder.layers.0.`.
 * @throws HeedError `VALUE` for names that are missing, or that stand behind the prefix and are not read.
 */
export function transformerDecoderLayerFromTorch(state: TorchState, prefix = ""): WeightValues {
	return layerFromTorch("transformerDecoderLayerFromTorch", state, prefix, [
		["self_attn", "self_attention", "norm1"],
		["multihead_attn", "cross_attention", "norm2"],
	]);
}

function layerFromTorch(
	where: string,
	state: TorchState,
	prefix: string,
	attentions: readonly (readonly [theirs: string, ours: string, norm: string])[],
): WeightValues {
	const norms = [
		...attentions.map(([, ours, norm]) => [ours, norm] as const),
		["feed_forward", `norm${attentions.length + 1}`] as const,
	];
	const linear = ["linear1", "linear2"];
	const hasBias = state[`${prefix}linear1.bias`] !== undefined;
	const ends = hasBias ? ["weight", "bias"] : ["weight"];
	const plain = [...linear, ...norms.map(([, norm]) => norm)].flatMap((part) =>
		ends.map((end) => `${prefix}${part}.${end}`),
	);
	const elsewhere = attentions.map(([theirs]) => `${prefix}${theirs}.`);
	checkNames(where, state, { prefix, names: plain, elsewhere });
	return tf.tidy(() => {
		const values: WeightValues = {};
		for (const [theirs, ours] of attentions) {
			const parts = multiHeadFromTorch(state, `${prefix}${theirs}.`);
			for (const [path, value] of Object.entries(parts)) values[`${ours}/${path}`] = value;
		}
		const copy = (name: string): tf.Tensor => tf.clone(state[`${prefix}${name}`] as tf.Tensor);
		linear.forEach((part, i) => {
			const path = `feed_forward/${i === 0 ? "in" : "out"}`;
			values[`${path}/kernel`] = transposed(where, `${part}.weight`, copy(`${part}.weight`));
			if (hasBias) values[`${path}/bias`] = copy(`${part}.bias`);
		});
		for (const [part, norm] of norms) {
			values[`${part}_norm/gamma`] = copy(`${norm}.weight`);
			if (hasBias) values[`${part}_norm/beta`] = copy(`${norm}.bias`);
		}
		return values;
	});
}

/** `[out, in]` to `[in, out]`. */
function transposed(where: string, name: string, weight: tf.Tensor): tf.Tensor {
	checkRank(where, name, weight, ["out", "in"]);
	return tf.transpose(weight);
}

/** Refuses a state that lacks a name, or has one behind the prefix that nobody reads. */
function checkNames(
	where: string,
	state: TorchState,
	{
		prefix,
		names,
		elsewhere = [],
	}: { prefix: string; names: readonly string[]; elsewhere?: readonly string[] },
): void {
	const missing = names.filter((name) => state[name] === undefined);
	if (missing.length === 0) {
		const unread = Object.keys(state).filter(
			(name) =>
				name.startsWith(prefix) && !names.includes(name) && !elsewhere.some((part) => name.startsWith(part)),
		);
		if (unread.length === 0) return;
		const list = unread.slice(0, 6).map((name) => `\`${name}\``);
		const message = `${list.join(", ")} came and would not be read: the module is another one, or \`prefix\` is too short.`;
		throw new HeedError("VALUE", where, message);
	}
	const came = Object.keys(state).slice(0, 6).join(", ");
	const message = `${missing.map((name) => `\`${name}\``).join(", ")} missing; the state has ${came || "nothing"}. Give the \`prefix\` that stands before the names.`;
	throw new HeedError("VALUE", where, message);
}
