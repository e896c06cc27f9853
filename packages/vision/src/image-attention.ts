import type { ParameterScope } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";
import { type VisionAttended, VisionAttention, type VisionCall } from "./vision-attention.ts";

/**
 * The checked inputs of one call of an {@link ImageAttention}: `x` `[batch, height, width, channels]`, 0 at the pixels that do not
 * count; `query` `[batch, querySize]`; `mask` bool `[batch, height, width]`, true = this pixel counts.
 */
export type ImageAttentionCall = VisionCall<tf.Tensor4D, tf.Tensor3D>;

/** What an {@link ImageAttention} makes of its inputs: an output, and the map with the axes that the layer names. */
export type ImageAttended = VisionAttended;

/** The sizes that weights are made for; `null` where the model leaves them open. */
export interface ImageSizes {
	readonly channels: number;
	readonly height: number | null;
	readonly width: number | null;
	/** Size of the query, for layers that take one. */
	readonly querySize: number;
}

/**
 * The base of the layers that attend to an image. A subclass has the weights and the formula; this class checks, masks,
 * reports and returns the map.
 *
 * Inputs: `x`, or `[x, query]` for layers with a query, x `[batch, height, width, channels]`, query `[batch, querySize]`. Where
 * the layer takes a mask it is a last input of type bool `[batch, height, width]`, true = this pixel counts; what stands at the
 * others, NaN included, does not matter, and an output that is an image is 0 there, whatever stands beside them. The number of
 * channels is read from the input.
 */
export abstract class ImageAttention extends VisionAttention<tf.Tensor4D, tf.Tensor3D, ImageSizes> {
	/** What its weights live on, which is what its records are called: `channel`, `spatial`, `element`. */
	abstract readonly kind: string;
	/** What the axes of the map mean: some of `batch`, `height`, `width`, `channel`. */
	protected abstract readonly axes: readonly string[];
	protected readonly inputAxes: readonly (readonly string[])[] = [["batch", "height", "width", "channels"]];
	protected readonly maskAxes: readonly string[] = ["batch", "height", "width"];

	protected sizesOf(x: Shape, channels: number, querySize: number): ImageSizes {
		return { channels, height: x[1] ?? null, width: x[2] ?? null, querySize };
	}

	protected override attendChecked<Result extends ImageAttended & tf.TensorContainerObject>(
		tensors: readonly tf.Tensor[],
		mask: tf.Tensor | undefined,
		training: boolean,
		attend: (call: ImageAttentionCall) => Result,
	): Result {
		return tf.tidy(() => {
			const result = super.attendChecked(tensors, mask, training, attend);
			this.recordMap(result.weights);
			return result;
		});
	}

	/** Reports a map, if a capture runs. */
	protected recordMap(weights: tf.Tensor): void {
		const { kind, axes } = this;
		this.record({ kind, axes, weights, meta: { mechanism: this.where } });
	}

	/**
	 * Registers the trained weights of a layer that was built with those of a model that is no `tf.layers` model, which then
	 * trains, stores and frees them.
	 */
	register(parameters: ParameterScope): void {
		for (const weight of this.trainableWeights) {
			parameters.adopt(weight.originalName, weight.read() as tf.Variable);
		}
	}

	override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
		const [x = []] = this.shapeList(inputShape);
		const [batch = null, height = null, width = null, channel = null] = x;
		const sizes: Record<string, number | null> = { batch, height, width, channel };
		const output = this.shapeOfOutput(x);
		return this.returnAttention ? [output, this.axes.map((axis) => sizes[axis] ?? null)] : output;
	}

	/** The shape of the output, by default that of the image. */
	protected shapeOfOutput(x: Shape): Shape {
		return x;
	}
}
