import { describeShape, HeedError } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";

/** The sizes that a mask has to fit. */
export interface MaskSizes {
	readonly batch: number;
	readonly heads: number;
	readonly queryLength: number;
	readonly keyLength: number;
}

/** Refuses a mask that is none of `[B, Tk]`, `[B, Tq, Tk]` and `[B, H, Tq, Tk]`, where any size may be 1. */
export function checkAttentionMask(
	where: string,
	mask: tf.Tensor,
	{ batch, heads, queryLength, keyLength }: MaskSizes,
): void {
	const axes = ["batch", "heads", "queryLength", "keyLength"];
	const sizes = [batch, heads, queryLength, keyLength];
	const rank = mask.shape.length;
	const used = rank === 2 ? [0, 3] : rank === 3 ? [0, 2, 3] : [0, 1, 2, 3];
	const fits = rank === used.length && used.every((axis, i) => [1, sizes[axis]].includes(mask.shape[i]));
	if (fits) return;
	const expected = [
		[0, 3],
		[0, 2, 3],
		[0, 1, 2, 3],
	].map((some) => `[${some.map((axis) => `${axes[axis]} ${sizes[axis]}`).join(", ")}]`);
	const came = describeShape(
		"mask",
		mask.shape,
		used.map((axis) => axes[axis] ?? ""),
	);
	throw new HeedError(
		"SHAPE",
		where,
		`${came} does not fit: expected ${expected.join(" or ")}, where any size may be 1.`,
	);
}

/** `[B, Tk]`, `[B, Tq, Tk]` or rank 4, as bool of rank 4. */
export function rank4Mask(mask: tf.Tensor): tf.Tensor4D {
	const bool = tf.cast(mask, "bool");
	const [batch = 1, rows = 1, columns = 1] = mask.shape;
	if (mask.rank === 2) return tf.reshape(bool, [batch, 1, 1, rows]);
	return mask.rank === 3 ? tf.reshape(bool, [batch, 1, rows, columns]) : (bool as tf.Tensor4D);
}
