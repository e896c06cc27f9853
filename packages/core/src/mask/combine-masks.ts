import * as tf from "@tensorflow/tfjs-core";
import { checkDtype, describeShape } from "../checks.ts";
import { HeedError } from "../errors.ts";

/**
 * True where every mask is true. Missing masks (`undefined`) hide nothing, so that optional masks need no branches.
 *
 * @param masks Bool masks of rank 2, `[queryLength, keyLength]` or `[batch, length]`, or of rank 4,
 * `[batch, heads, queryLength, keyLength]`, aligned at their last axes, with sizes that are equal or 1.
 * @returns Bool, as large as the largest.
 * @throws HeedError if no mask is given, one is not bool or not of rank 2 or 4, or their sizes do not fit.
 */
export function combineMasks(...masks: readonly (tf.Tensor | undefined)[]): tf.Tensor {
	const where = "combineMasks";
	const given = masks.filter((mask) => mask !== undefined);
	const [first] = given;
	if (first === undefined) throw new HeedError("OPTION", where, "no mask was given; expected at least one.");
	for (const mask of given) {
		checkDtype(where, "mask", mask, "bool");
		if (mask.rank === 2 || mask.rank === 4) continue;
		const hint =
			mask.rank === 3
				? " Say what its first axis is: reshape to [batch, 1, queryLength, keyLength] or [1, heads, queryLength, keyLength]."
				: "";
		const came = describeShape("mask", mask.shape);
		throw new HeedError("SHAPE", where, `${came} has rank ${mask.rank}; expected rank 2 or 4.${hint}`);
	}
	given.reduce<readonly number[]>((shape, mask) => broadcast(where, shape, mask.shape), []);
	return tf.tidy(() => {
		const all = given.reduce((combined, mask) => tf.logicalAnd(combined, mask));
		return all === first ? tf.clone(first) : all;
	});
}

/** The shape that two shapes broadcast to. */
function broadcast(where: string, a: readonly number[], b: readonly number[]): number[] {
	const [short, long] = a.length < b.length ? [a, b] : [b, a];
	const from = long.length - short.length;
	return long.map((size, axis) => {
		const other = short[axis - from] ?? 1;
		if (size !== other && size !== 1 && other !== 1) {
			const both = `${describeShape("mask", b)} does not fit ${describeShape("mask", a)}`;
			throw new HeedError("SHAPE", where, `${both}: expected sizes that are equal or 1, aligned at the end.`);
		}
		return size === 1 ? other : size;
	});
}
