import {
	checkChoice,
	checkFlag,
	checkNumber,
	type GridPadding,
	type GridSize,
	gridSample,
	HeedError,
	stopGradient,
} from "@heed/core";
import { type AttentionLayerArgs, type Dense, makeDense } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";
import {
	type ImageAttended,
	ImageAttention,
	type ImageAttentionCall,
	type ImageSizes,
} from "../image-attention.ts";
import type { LayerParts } from "../ops/layer-parts.ts";
import { type Localization, type MakeLocalization, plainLocalization } from "./localization.ts";
import { resolveSize } from "./resolve-size.ts";
import { type Transform, type TransformName, transformByName } from "./transform.ts";

/** Arguments of {@link spatialTransformer}. */
export interface SpatialTransformerArgs extends AttentionLayerArgs {
	/** How pixels may move. Default `affine`. */
	readonly transform?: TransformName | undefined;
	/**
	 * What sees how to move them: `plain` (default), a small convolutional network; `given`, a second input of features
	 * `[batch, features]`, so that any network will do; or a function that makes one, with which the layer has no config and its
	 * model cannot be saved.
	 */
	readonly localization?: "plain" | "given" | MakeLocalization | undefined;
	/** Filters of the convolutions of `plain`. Default 8. */
	readonly filters?: number | undefined;
	/** Features of `plain`. Default 32. */
	readonly units?: number | undefined;
	/** `[height, width]` of the output. Default: those of the image. */
	readonly outputSize?: readonly [height: number, width: number] | undefined;
	/** What lies outside of the image. Default `zeros`. */
	readonly padding?: GridPadding | undefined;
	/** True: −1 and 1 are the centres of the outermost pixels; false (default): their outer edges. */
	readonly alignCorners?: boolean | undefined;
	/** Control points per side of `tps`. Default 4. */
	readonly gridSize?: number | undefined;
	/**
	 * A factor of every gradient that goes back through theta: 0.1 lets the localisation learn ten times more slowly. It
	 * changes nothing under Adam and others that divide by the size of the gradients. Default 1.
	 */
	readonly locLearningRateScale?: number | undefined;
}

/**
 * A spatial transformer: looks at the image, decides where to look closer, and reads the image there.
 *
 *     theta = features(x) · W + b                                          W = 0, b the identity at first
 *     grid = where in x each pixel of the output is read, in −1..1         [B, H', W', 2]
 *     y[i, j] = x at grid[i, j], between pixels by bilinear interpolation  [B, H', W', C]
 *
 * | `transform` | theta | moves by |
 * | --- | --- | --- |
 * | `affine` | `[2, 3]` | (x, y) = theta · (x_t, y_t, 1) |
 * | `attention` | `[3]` | a crop: side s, centre (t_x, t_y) |
 * | `projective` | `[8]` | as a tilted plane |
 * | `tps` | `[gridSize², 2]` | where each control point goes, smoothly between them |
 *
 * Inputs: `x`, or `[x, features]` with `localization: 'given'`, x `[batch, height, width, channels]` of any size, no mask. With
 * `returnAttention` the grid, (x, y), is a second output. A capture gets two records of the kind `warp`: theta, and the grid.
 * Weights: those of the localisation under `localization/`, `theta/kernel` W [features, n], `theta/bias` b [n].
 *
 * At the start every point lies on a pixel, where the interpolation has a kink: the gradient of theta is one-sided there.
 *
 * Jaderberg et al. 2015, "Spatial Transformer Networks", https://arxiv.org/abs/1506.02025
 *
 * When not to use it: where things do not move, or to look at several places: {@link RecurrentAttentionModel},
 * {@link CbamSpatialGate}.
 *
 * @throws HeedError at construction, build or call; `UNSUPPORTED` when a layer with a function is saved.
 */
export class SpatialTransformer extends ImageAttention {
	static readonly className = "HeedSpatialTransformer";
	readonly kind = "warp";
	protected readonly axes: readonly string[] = ["batch", "height", "width", "xy"];
	protected override readonly takesMask = false;
	override readonly takesQuery: boolean;
	protected override readonly queryNames = ["features", "features"] as const;
	readonly transform: TransformName;
	readonly localization: "plain" | "given" | MakeLocalization;
	readonly filters: number;
	readonly units: number;
	readonly outputSize: GridSize | undefined;
	readonly padding: GridPadding;
	readonly alignCorners: boolean;
	readonly gridSize: number;
	readonly locLearningRateScale: number;
	readonly #transform: Transform;
	#made: Made | undefined;

	constructor(args: SpatialTransformerArgs = {}) {
		super(args, [
			...["transform", "localization", "filters", "units", "outputSize", "padding", "alignCorners"],
			...["gridSize", "locLearningRateScale"],
		]);
		const { where } = this;
		const { transform = "affine", localization = "plain", filters = 8, units = 32, outputSize } = args;
		const { padding = "zeros", alignCorners = false, gridSize = 4, locLearningRateScale = 1 } = args;
		checkChoice(where, "transform", transform, ["affine", "attention", "projective", "tps"]);
		if (typeof localization !== "function") {
			checkChoice(where, "localization", localization, ["plain", "given"]);
		}
		checkNumber(where, "filters", filters, { integer: true, min: 1 });
		checkNumber(where, "units", units, { integer: true, min: 1 });
		checkChoice(where, "padding", padding, ["zeros", "border", "reflection"]);
		checkFlag(where, "alignCorners", alignCorners);
		checkNumber(where, "gridSize", gridSize, { integer: true, min: 2 });
		checkNumber(where, "locLearningRateScale", locLearningRateScale, { above: 0 });
		this.outputSize = outputSize === undefined ? undefined : resolveSize(where, outputSize);
		this.takesQuery = localization === "given";
		this.transform = transform;
		this.localization = localization;
		this.filters = filters;
		this.units = units;
		this.padding = padding;
		this.alignCorners = alignCorners;
		this.gridSize = gridSize;
		this.locLearningRateScale = locLearningRateScale;
		this.#transform = transformByName(transform, gridSize);
	}

	protected addWeights(parts: LayerParts, sizes: ImageSizes): void {
		const { identity } = this.#transform;
		const localize = this.#makeLocalization(parts.scope("localization"), sizes);
		const inputSize = localize?.featureSize ?? sizes.querySize;
		checkNumber(this.where, "featureSize", inputSize, { integer: true, min: 1 });
		const scope = parts.scope("theta");
		const toTheta = makeDense(
			{
				...scope,
				add: (path, shape, initializer) => {
					const weight = scope.add(path, shape, initializer);
					const bias = path === "bias" ? (weight as tf.Variable | undefined) : undefined; // none where they are counted
					if (bias !== undefined) tf.tidy(() => bias.assign(tf.tensor([...identity], shape)));
					return weight;
				},
			},
			{ inputSize, outputSize: identity.length, initializer: "zeros" },
		);
		this.#made = { localize, toTheta };
	}

	#makeLocalization(parts: LayerParts, sizes: ImageSizes): Localization | undefined {
		const { localization, filters, units } = this;
		if (typeof localization === "function") return localization(parts, sizes);
		if (localization === "given") return undefined;
		return plainLocalization(parts, { channels: sizes.channels, filters, units });
	}

	protected attend({ x, query, training }: ImageAttentionCall): ImageAttended {
		const { localize, toTheta } = this.made(this.#made);
		const { shape, axes, grid } = this.#transform;
		const { padding, alignCorners } = this;
		const features = localize?.features(x, training) ?? (query as tf.Tensor2D);
		const numbers = this.#slowed(toTheta(features)); // [B, n]
		const theta = tf.reshape(numbers, [x.shape[0], ...shape]);
		const part = { mechanism: this.where, part: "theta" };
		this.record({ kind: this.kind, axes: ["batch", ...axes], weights: theta, meta: part });
		const points = grid(theta, this.outputSize ?? [x.shape[1], x.shape[2]], { alignCorners });
		return { output: gridSample(x, points, { padding, alignCorners }), weights: points };
	}

	/** The same numbers, with a gradient that is smaller, or larger. */
	#slowed(theta: tf.Tensor2D): tf.Tensor2D {
		const scale = this.locLearningRateScale;
		if (scale === 1) return theta;
		const still = stopGradient(theta);
		return tf.add(still, tf.mul(tf.sub(theta, still), scale)); // exactly theta
	}

	protected override recordMap(weights: tf.Tensor): void {
		const { kind, axes } = this;
		this.record({ kind, axes, weights, meta: { mechanism: this.where, part: "grid" } });
	}

	override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
		const [x = []] = this.shapeList(inputShape);
		const [batch = null, inHeight = null, inWidth = null, channels = null] = x;
		const [height, width] = this.outputSize ?? [inHeight, inWidth];
		const output = [batch, height, width, channels];
		return this.returnAttention ? [output, [batch, height, width, 2]] : output;
	}

	/** What is read elsewhere has no mask. */
	protected override passesMask(): boolean {
		return false;
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { localization, transform, filters, units, padding, alignCorners, gridSize } = this;
		const { outputSize, locLearningRateScale } = this;
		if (typeof localization === "function") {
			const message =
				"`localization` is a function, which no config holds. To save the model, give its features as a second input, " +
				"with `localization: 'given'`.";
			throw new HeedError("UNSUPPORTED", this.where, message);
		}
		return {
			...super.getConfig(),
			...{ localization, transform, filters, units, padding, alignCorners, gridSize, locLearningRateScale },
			...(outputSize !== undefined && { outputSize: [...outputSize] }),
		};
	}
}
tf.serialization.registerClass(SpatialTransformer);

/** Makes a {@link SpatialTransformer} layer. */
export function spatialTransformer(args: SpatialTransformerArgs = {}): SpatialTransformer {
	return new SpatialTransformer(args);
}

interface Made {
	readonly localize: Localization | undefined;
	readonly toTheta: Dense;
}
