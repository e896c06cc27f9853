import { checkRank, HeedError } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import type { WeightValues } from "./from-torch.ts";

/**
 * The weights of Keras' `MultiHeadAttention` or `GroupQueryAttention` as those of `multiHeadAttention` and `MultiHeadBlock`:
 * the axes of heads are merged, nothing is permuted. `[D, N, d]` becomes `[D, N·d]`, `[N, d, out]` becomes `[N·d, out]`.
 *
 * Keras calls the layer with (query, value, key); ours takes [query, key, value].
 *
 * When not to use it: for a whole model with its layers, see {@link convertKerasModel}.
 *
 * @param weights Tensors by Keras' names, such as `query/kernel`; a `:0` at the end is dropped, the state of a `seed_generator`
 *   left aside.
 * @param prefix What stands before every name, for instance `multi_head_attention/`.
 * @returns Values for `assignWeights`; the caller disposes them.
 * @throws HeedError `VALUE` for names that are missing, or that stand behind the prefix and are not read; `SHAPE`.
 */
export function multiHeadFromKeras(weights: Readonly<Record<string, tf.Tensor>>, prefix = ""): WeightValues {
	const where = "multiHeadFromKeras";
	const read = (path: string): tf.Tensor | undefined =>
		weights[`${prefix}${path}`] ?? weights[`${prefix}${path}:0`];
	const sides = ["query", "key", "value", "attention_output"] as const;
	const missing = sides.map((side) => `${side}/kernel`).filter((path) => read(path) === undefined);
	if (missing.length > 0) {
		const came = Object.keys(weights).slice(0, 6).join(", ");
		const names = missing.map((path) => `\`${prefix}${path}\``).join(", ");
		const message = `${names} missing; there came ${came || "nothing"}. Give the \`prefix\` that stands before the names.`;
		throw new HeedError("VALUE", where, message);
	}
	const known = sides.flatMap((side) => [`${prefix}${side}/kernel`, `${prefix}${side}/bias`]);
	const unread = Object.keys(weights).filter(
		(name) => name.startsWith(prefix) && !known.includes(name.replace(/:0$/, "")) && !isDraw.test(name),
	);
	if (unread.length > 0) {
		const list = unread.slice(0, 6).map((name) => `\`${name}\``);
		const message = `${list.join(", ")} came and would not be read: the layer is another one, or \`prefix\` is too short.`;
		throw new HeedError("VALUE", where, message);
	}
	for (const side of sides) {
		const axes = side === "attention_output" ? ["heads", "size", "out"] : ["features", "heads", "size"];
		checkRank(where, `${prefix}${side}/kernel`, read(`${side}/kernel`) as tf.Tensor, axes);
	}
	return tf.tidy(() => {
		const values: WeightValues = {};
		for (const side of sides) {
			const kernel = read(`${side}/kernel`) as tf.Tensor;
			const bias = read(`${side}/bias`);
			values[`${side}/kernel`] = tf.reshape(kernel, mergedShape(`${side}/kernel`, kernel.shape));
			if (bias !== undefined) values[`${side}/bias`] = tf.reshape(bias, [bias.size]);
		}
		return values;
	});
}

/** The state of Keras' dropout, which stands among the weights and is none. */
const isDraw = /seed_generator/;

/** Keras' shape of a weight of multi-head attention with the axes of heads merged. */
export function mergedShape(path: string, shape: readonly number[]): number[] {
	const [a = 1, b = 1, c = 1] = shape;
	if (path.endsWith("attention_output/kernel")) return [a * b, c];
	return path.endsWith("/kernel") ? [a, b * c] : [shape.reduce((product, size) => product * size, 1)];
}
