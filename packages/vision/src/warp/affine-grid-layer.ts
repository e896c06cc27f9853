import { affineGrid, checkDtype, checkFlag, checkShape, type GridSize, HeedError } from "@heed/core";
import { recordAttention, SeededLayer, type SeededLayerArgs } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";
import { resolveSize } from "./resolve-size.ts";

/** Arguments of {@link affineGridLayer}. */
export interface AffineGridArgs extends SeededLayerArgs {
	/** `[height, width]` of the grid. */
	readonly outputSize: readonly [height: number, width: number];
	/** True: −1 and 1 are the centres of the outermost pixels; false (default): their outer edges. Give the sampler the same. */
	readonly alignCorners?: boolean | undefined;
}

/**
 * The grid of an affine transform, as a layer: where in an image each output pixel is read.
 *
 *     (x, y) = theta · (x_t, y_t, 1)
 *
 * Input: theta `[batch, 2, 3]`, or `[batch, 6]` as a dense layer gives it. Output `[batch, height, width, 2]`, for
 * {@link gridSampleLayer}. Captures record theta, of the kind `warp`. No weights.
 *
 * Jaderberg et al. 2015, "Spatial Transformer Networks", https://arxiv.org/abs/1506.02025
 *
 * When not to use it: for the whole of it at once, {@link spatialTransformer}.
 *
 * @throws HeedError `OPTION` at construction, `SHAPE` or `DTYPE` at build or call.
 */
export class AffineGrid extends SeededLayer {
	static readonly className = "HeedAffineGridLayer";
	readonly outputSize: GridSize;
	readonly alignCorners: boolean;

	constructor(args: AffineGridArgs) {
		super(args, ["outputSize", "alignCorners"]);
		const { outputSize, alignCorners = false } = args;
		checkFlag(this.where, "alignCorners", alignCorners);
		this.outputSize = resolveSize(this.where, outputSize);
		this.alignCorners = alignCorners;
		this.supportsMasking = false;
	}

	override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
		const given = [inputs].flat();
		const [theta] = given;
		if (given.length !== 1 || theta === undefined) {
			throw new HeedError("SHAPE", this.where, `${given.length} inputs came; expected theta alone.`);
		}
		const axes = theta.rank === 2 ? ["batch", "parameter"] : ["batch", "row", "column"];
		checkShape(this.where, "theta", theta, axes, theta.rank === 2 ? [null, 6] : [null, 2, 3], "a transform");
		checkDtype(this.where, "theta", theta, "float32");
		return tf.tidy(() => {
			const rows = tf.reshape<tf.Rank.R3>(theta, [theta.shape[0] ?? 0, 2, 3]);
			const meta = { mechanism: this.where, part: "theta" };
			recordAttention({
				layer: this.name,
				kind: "warp",
				axes: ["batch", "row", "column"],
				weights: rows,
				meta,
			});
			return affineGrid(rows, this.outputSize, { alignCorners: this.alignCorners });
		});
	}

	override computeOutputShape(inputShape: Shape | Shape[]): Shape {
		const [first] = inputShape;
		return [(Array.isArray(first) ? first[0] : first) ?? null, ...this.outputSize, 2];
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { outputSize, alignCorners } = this;
		return { ...super.getConfig(), outputSize: [...outputSize], alignCorners };
	}
}
tf.serialization.registerClass(AffineGrid);

/** Makes an {@link AffineGrid} layer. */
export function affineGridLayer(args: AffineGridArgs): AffineGrid {
	return new AffineGrid(args);
}
