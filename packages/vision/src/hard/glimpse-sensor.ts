import { HeedError } from "@heed/core";
import type { AttentionLayerArgs } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";
import {
	type ImageAttended,
	ImageAttention,
	type ImageAttentionCall,
	type ImageSizes,
} from "../image-attention.ts";
import type { LayerParts } from "../ops/layer-parts.ts";
import {
	type GlimpseArgs,
	type GlimpseWindow,
	glimpseBoxes,
	glimpseNames,
	resolveWindow,
	takeGlimpses,
} from "./take-glimpses.ts";

/** Arguments of {@link glimpseSensor}. */
export interface GlimpseSensorArgs extends AttentionLayerArgs, GlimpseArgs {}

/**
 * Looks at a place of an image, sharply in the middle and coarsely around it:
 *
 *     start = floor((l + 1) / 2 · size) − ⌊width / 2⌋             width = patchSize · scaleᵏ of patch k
 *     patch k = R · x · Cᵀ                                        each of its pixels the mean of scaleᵏ × scaleᵏ
 *
 * R and C are matrices with 1 / scaleᵏ where a pixel takes part, so that it trains on every backend; beyond the edges there are
 * zeros. All pixels enter the products, so NaN anywhere in the image reaches the patches, unless a mask leaves it out.
 *
 * Inputs: `[x, location]` or `[x, location, mask]`, see {@link ImageAttention}: location `[batch, 2]` is (x, y), (0, 0) the
 * centre, (−1, −1) the top left corner. No gradient goes to it. Output `[batch, patchSize, patchSize, numScales · channels]`,
 * scale by scale. With `returnAttention` the windows come as a second output, top, left, bottom and right in pixels, the last
 * two past the end: `[batch, scale, 4]`; records have the kind `glimpse`. No weights.
 *
 * Mnih, Heess, Graves, Kavukcuoglu 2014, "Recurrent Models of Visual Attention", https://arxiv.org/abs/1406.6247
 *
 * When not to use it: to learn where to look by gradient; {@link RecurrentAttentionModel} learns by reward, and a spatial
 * transformer moves its window smoothly.
 *
 * @throws HeedError at construction, build or call.
 */
export class GlimpseSensor extends ImageAttention {
	static readonly className: string = "HeedGlimpseSensor";
	readonly kind = "glimpse";
	protected readonly axes: readonly string[] = ["batch", "scale", "side"];
	override readonly takesQuery = true;
	protected override readonly queryNames = ["location", "coordinates"] as const;
	readonly glimpse: GlimpseWindow;

	/** @param known The names of a subclass's own arguments. */
	constructor(args: GlimpseSensorArgs = {}, known: readonly string[] = []) {
		super(args, [...glimpseNames, ...known]);
		this.glimpse = resolveWindow(this.where, args);
	}

	protected addWeights(_parts: LayerParts, { querySize }: ImageSizes): void {
		if (querySize === 2) return;
		const message = `location [batch, coordinates ${querySize}] does not fit: expected coordinates 2, x and y.`;
		throw new HeedError("SHAPE", this.where, message);
	}

	protected attend({ x, query }: ImageAttentionCall): ImageAttended {
		const location = query as tf.Tensor2D;
		return {
			output: this.look(takeGlimpses(x, location, this.glimpse), location),
			weights: glimpseBoxes(x, location, this.glimpse),
		};
	}

	/** What becomes of the patches. */
	protected look(patches: tf.Tensor4D, _location: tf.Tensor2D): tf.Tensor {
		return patches;
	}

	protected override shapeOfOutput(x: Shape): Shape {
		const { patchSize, numScales } = this.glimpse;
		return [x[0] ?? null, patchSize, patchSize, numScales * (x[3] ?? 0)];
	}

	override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
		const [x = []] = this.shapeList(inputShape);
		const output = this.shapeOfOutput(x);
		return this.returnAttention ? [output, [x[0] ?? null, this.glimpse.numScales, 4]] : output;
	}

	/** A glimpse is no image of the size that a mask speaks of. */
	protected override passesMask(): boolean {
		return false;
	}

	override getConfig(): tf.serialization.ConfigDict {
		return { ...super.getConfig(), ...this.glimpse };
	}
}
tf.serialization.registerClass(GlimpseSensor);

/** Makes a {@link GlimpseSensor} layer. */
export function glimpseSensor(args: GlimpseSensorArgs = {}): GlimpseSensor {
	return new GlimpseSensor(args);
}
