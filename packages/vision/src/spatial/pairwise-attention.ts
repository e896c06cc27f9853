import type { Shape } from "@tensorflow/tfjs-layers";
import { ImageAttention } from "../image-attention.ts";

/**
 * The base of the layers in which pixels look at pixels: every pixel asks, and has weights for the pixels that it looks at. Inputs
 * and masks: {@link ImageAttention}; a pixel that does not count is neither looked at nor changed from 0. With `returnAttention` the
 * weights come as a second output; records have the kind `pairwise`, by default with the axes `['batch', 'heads', 'query', 'key']`,
 * where a pixel has the number `row · width + column`.
 */
export abstract class PairwiseAttention extends ImageAttention {
	readonly kind = "pairwise";
	protected readonly axes: readonly string[] = ["batch", "heads", "query", "key"];

	/** The shape of the weights for an image of such a shape. */
	protected abstract mapShape(x: Shape): Shape;

	override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
		const [x = []] = this.shapeList(inputShape);
		return this.returnAttention ? [x, this.mapShape(x)] : x;
	}
}

/** How many pixels an image has, `null` where the model leaves it open. */
export function pixelsOf([, height = null, width = null]: Shape): number | null {
	return height === null || width === null ? null : height * width;
}
