import * as tf from "@tensorflow/tfjs-core";
import { checkDtype, checkNumber, checkOptions, checkShape } from "../checks.ts";
import { zerosFor } from "../zeros-for.ts";
import { checkGridSize, type GridOptions, type GridSize } from "./grid-size.ts";
import { targetPoints } from "./target-coordinates.ts";

/** Options of {@link projectiveGrid}. */
export interface ProjectiveGridOptions extends GridOptions {
	/** The smallest magnitude that the divisor may have. Default 1e-3. */
	readonly minDivisor?: number | undefined;
}

const where = "projectiveGrid";

/**
 * The grid of a projective transform, which bends parallel lines together as a tilted plane does.
 *
 * ```text
 * (x', y', w) = [[t0, t1, t2], [t3, t4, t5], [t6, t7, 1]] · (x_t, y_t, 1)
 * (x, y) = (x' / w, y' / w)
 * ```
 *
 * Where `|w| < minDivisor`, on the horizon, `±minDivisor` divides instead and `w` gets no gradient: the grid stays
 * finite. The identity is (1, 0, 0, 0, 1, 0, 0, 0).
 *
 * Jaderberg et al., Spatial Transformer Networks, https://arxiv.org/abs/1506.02025, section 4.1
 *
 * @param theta `[batch, 8]`, float32. Differentiable.
 * @param size `[outHeight, outWidth]`.
 * @returns `[batch, outHeight, outWidth, 2]` with (x, y), for `gridSample`.
 * @throws HeedError if a shape, an element type or an option does not fit.
 */
export function projectiveGrid(
	theta: tf.Tensor2D,
	size: GridSize,
	options: ProjectiveGridOptions = {},
): tf.Tensor4D {
	checkOptions(where, options, ["alignCorners", "minDivisor"]);
	const { alignCorners = false, minDivisor = 1e-3 } = options;
	checkNumber(where, "minDivisor", minDivisor, { above: 0 });
	checkShape(where, "theta", theta, ["batch", "parameter"], [null, 8], "a projective transform");
	checkDtype(where, "theta", theta, "float32");
	checkGridSize(where, size);
	if (theta.size === 0) return zerosFor<tf.Rank.R4>([0, size[0], size[1], 2], theta);
	return tf.tidy(() => {
		const batch = theta.shape[0];
		const targets = targetPoints(size, alignCorners).map(([x, y]) => [x, y, 1]);
		const full = tf.concat([theta, tf.ones([batch, 1])], 1); // [B, 9]
		const product = tf.matMul(tf.reshape(full, [batch * 3, 3]), tf.transpose(tf.tensor2d(targets))); // [B 3, P]
		const points = tf.transpose(tf.reshape(product, [batch, 3, targets.length]), [0, 2, 1]); // [B, P, 3]
		const numerator = tf.slice(points, [0, 0, 0], [-1, -1, 2]); // [B, P, 2]
		const w = tf.slice(points, [0, 0, 2], [-1, -1, 1]); // [B, P, 1]
		// greaterEqual is the one comparison of the host that has a (zero) gradient.
		const guard = tf.where(
			tf.greaterEqual(w, 0),
			tf.fill(w.shape, minDivisor),
			tf.fill(w.shape, -minDivisor),
		);
		const divisor = tf.where(tf.greaterEqual(tf.abs(w), minDivisor), w, guard); // [B, P, 1]
		return tf.reshape(tf.div(numerator, divisor), [batch, size[0], size[1], 2]);
	});
}
