import * as tf from "@tensorflow/tfjs-core";
import { checkDtype, checkNumber, checkOptions, checkRank, describeShape } from "../checks.ts";
import { HeedError } from "../errors.ts";

/** Options of {@link learnedPositions}. */
export interface LearnedPositionsOptions {
	/** The row of the first position, with a length only. Default 0. */
	readonly offset?: number | undefined;
}

/**
 * Rows of a trained table of positions, to be added to embeddings.
 *
 *     T length, M maxLength, D dim
 *     with a length:    table[offset … offset + T - 1]                     // [T, D]
 *     with positions:   oneHot(positions) · table                          // [T, D] or [B, T, D]
 *
 * Positions are looked up by a product, since the gradient of a gather is missing on the host's wasm backend. A position
 * outside the table gives zeros.
 *
 * Devlin et al. 2018, BERT, https://arxiv.org/abs/1810.04805
 *
 * When not to use it: for sequences longer than those trained on, of which the table knows nothing.
 *
 * @param table Float `[maxLength, dim]`.
 * @param positions How many positions, or which: int32 `[length]` or `[batch, length]`.
 * @returns Float `[length, dim]` or `[batch, length, dim]`, differentiable in the table.
 * @throws HeedError if the table is not float32 of rank 2 or too short, or the positions are not int32 of rank 1 or 2.
 */
export function learnedPositions(
	table: tf.Tensor2D,
	positions: number | tf.Tensor1D | tf.Tensor2D,
	options: LearnedPositionsOptions = {},
): tf.Tensor {
	const where = "learnedPositions";
	const axes = ["maxLength", "dim"];
	checkOptions(where, options, ["offset"]);
	const { offset = 0 } = options;
	checkRank(where, "table", table, axes);
	checkDtype(where, "table", table, "float32");
	checkNumber(where, "offset", offset, { integer: true, min: 0 });
	const [maxLength, dim] = table.shape;
	if (typeof positions === "number") {
		checkNumber(where, "length", positions, { integer: true, min: 1 });
		if (offset + positions > maxLength) {
			const came = `positions ${offset} to ${offset + positions - 1} are not all in ${describeShape("table", table.shape, axes)}`;
			throw new HeedError("SHAPE", where, `${came}: the last is ${maxLength - 1}. Use shorter sequences.`);
		}
		return tf.slice(table, [offset, 0], [positions, dim]);
	}
	if (offset !== 0) {
		throw new HeedError("OPTION", where, "`offset` goes with a length; add it to the positions instead.");
	}
	checkDtype(where, "positions", positions, "int32");
	if (positions.rank !== 2) checkRank(where, "positions", positions, ["length"]);
	return tf.tidy(() => {
		// Not tf.oneHot, which on the wasm backend writes whole numbers into a float tensor.
		const rows = tf.equal(tf.reshape(positions, [-1, 1]), tf.range(0, maxLength, 1, "int32")); // [B·T, M]
		const chosen = tf.cast(rows as tf.Tensor2D, "float32");
		return tf.reshape(tf.matMul(chosen, table), [...positions.shape, dim]); // [B, T, D]
	});
}
