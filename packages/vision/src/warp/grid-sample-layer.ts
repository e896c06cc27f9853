import {
	checkChoice,
	checkFlag,
	type GridInterpolation,
	type GridPadding,
	gridSample,
	HeedError,
} from "@heed/core";
import { recordAttention, SeededLayer, type SeededLayerArgs } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";

/** Arguments of {@link gridSampleLayer}. */
export interface GridSampleArgs extends SeededLayerArgs {
	/** How the value between pixels is found. Default `bilinear`. */
	readonly interpolation?: GridInterpolation | undefined;
	/** What lies outside of the image. Default `zeros`. */
	readonly padding?: GridPadding | undefined;
	/** True: −1 and 1 are the centres of the outermost pixels; false (default): their outer edges. */
	readonly alignCorners?: boolean | undefined;
}

/**
 * Reads an image at the points of a grid, as a layer: see `gridSample` of `@heed/core`.
 *
 *     y[i, j] = x at grid[i, j]
 *
 * Inputs: `[x, grid]`, x `[batch, height, width, channels]`, grid `[batch, outHeight, outWidth, 2]` with (x, y) in −1..1.
 * Output `[batch, outHeight, outWidth, channels]`. Captures record the grid, of the kind `warp`. No weights.
 *
 * Jaderberg et al. 2015, "Spatial Transformer Networks", https://arxiv.org/abs/1506.02025
 *
 * When not to use it: for the whole of it at once, {@link spatialTransformer}; to resize an image, `resizeBilinear`.
 *
 * @throws HeedError `OPTION` at construction, `SHAPE` or `DTYPE` at call.
 */
export class GridSample extends SeededLayer {
	static readonly className = "HeedGridSampleLayer";
	readonly interpolation: GridInterpolation;
	readonly padding: GridPadding;
	readonly alignCorners: boolean;

	constructor(args: GridSampleArgs = {}) {
		super(args, ["interpolation", "padding", "alignCorners"]);
		const { interpolation = "bilinear", padding = "zeros", alignCorners = false } = args;
		checkChoice(this.where, "interpolation", interpolation, ["bilinear", "nearest", "bicubic"]);
		checkChoice(this.where, "padding", padding, ["zeros", "border", "reflection"]);
		checkFlag(this.where, "alignCorners", alignCorners);
		this.interpolation = interpolation;
		this.padding = padding;
		this.alignCorners = alignCorners;
		this.supportsMasking = false;
	}

	override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
		const { interpolation, padding, alignCorners } = this;
		const given = [inputs].flat();
		const [x, grid] = given;
		if (given.length !== 2 || x === undefined || grid === undefined) {
			throw new HeedError("SHAPE", this.where, `${given.length} inputs came; expected [x, grid].`);
		}
		return tf.tidy(() => {
			const options = { interpolation, padding, alignCorners };
			const output = gridSample(x as tf.Tensor4D, grid as tf.Tensor4D, options); // checks both
			const axes = ["batch", "height", "width", "xy"];
			const meta = { mechanism: this.where, part: "grid" };
			recordAttention({ layer: this.name, kind: "warp", axes, weights: grid, meta });
			return output;
		});
	}

	override computeOutputShape(inputShape: Shape | Shape[]): Shape {
		const [x = [], grid = []] = inputShape as Shape[];
		return [x[0] ?? null, grid[1] ?? null, grid[2] ?? null, x[3] ?? null];
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { interpolation, padding, alignCorners } = this;
		return { ...super.getConfig(), interpolation, padding, alignCorners };
	}
}
tf.serialization.registerClass(GridSample);

/** Makes a {@link GridSample} layer. */
export function gridSampleLayer(args: GridSampleArgs = {}): GridSample {
	return new GridSample(args);
}
