import { checkFlag } from "@heed/core";
import type { AttentionLayerArgs } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { ImageAttentionCall } from "../image-attention.ts";
import type { LayerParts } from "../ops/layer-parts.ts";
import { makeCbamSpatialGate, resolveSpatialGate, type WeighPixels } from "../spatial/cbam-spatial-gate.ts";
import { MixedAttention, ofPixels } from "./mixed-attention.ts";

/** Arguments of {@link tripletAttention}. */
export interface TripletAttentionArgs extends AttentionLayerArgs {
	/** Size of the convolutions, an odd number. Default 7. */
	readonly kernelSize?: number | undefined;
	/** Use the gate of pixels beside the two others. Default true. */
	readonly spatial?: boolean | undefined;
}

/**
 * Triplet attention: the spatial gate of CBAM on each of the three sides of the block that an image is.
 *
 *     g(z) = sigmoid(batchNorm(conv7×7([max, mean over the last axis of z])))
 *     s = g(x)   [B, H, W],   r = g(x as [B, H, C, W])   [B, H, C],   k = g(x as [B, C, W, H])   [B, C, W]
 *     y = x · (s + r + k) / 3                 without `spatial`: x · (r + k) / 2
 *
 * Map: the mean of the gates; its parts are recorded as `rows` r, `columns` k and `spatial` s. Pixels that a mask leaves out are
 * zeros to the others, and count in the statistics of the norms. Inputs and masks: {@link MixedAttention}. Weights, each 2k² + 2:
 * `rows`, `columns`, `spatial` with `kernel` [7, 7, 2, 1], `norm/gamma`, `norm/beta`; no matter how many channels.
 *
 * Misra et al. 2020, "Rotate to Attend: Convolutional Triplet Attention Module", https://arxiv.org/abs/2010.03045
 *
 * When not to use it: where the order of the channels means nothing and training is short: neighbouring channels are treated as
 * neighbours.
 *
 * @throws HeedError at construction, build or call.
 */
export class TripletAttention extends MixedAttention {
	static readonly className = "HeedTripletAttention";
	readonly kernelSize: number;
	readonly spatial: boolean;
	#gates: { rows: WeighPixels; columns: WeighPixels; spatial: WeighPixels | undefined } | undefined;

	constructor(args: TripletAttentionArgs = {}) {
		super(args, ["kernelSize", "spatial"]);
		const { spatial = true } = args;
		checkFlag(this.where, "spatial", spatial);
		this.kernelSize = resolveSpatialGate(this.where, { kernelSize: args.kernelSize }).kernelSize;
		this.spatial = spatial;
	}

	protected addWeights(parts: LayerParts): void {
		const options = resolveSpatialGate(this.where, { kernelSize: this.kernelSize });
		const gate = (path: string): WeighPixels => makeCbamSpatialGate(parts.scope(path), options);
		this.#gates = {
			rows: gate("rows"),
			columns: gate("columns"),
			spatial: this.spatial ? gate("spatial") : undefined,
		};
	}

	protected weigh({ x, training }: ImageAttentionCall): tf.Tensor4D {
		const gates = this.made(this.#gates);
		const rows = gates.rows(tf.transpose(x, [0, 1, 3, 2]), training); // [B, H, C]
		const columns = tf.transpose(gates.columns(tf.transpose(x, [0, 3, 2, 1]), training), [0, 2, 1]); // [B, W, C]
		const spatial = gates.spatial?.(x, training); // [B, H, W]
		this.recordPart("rows", rows);
		this.recordPart("columns", columns);
		const strips = tf.add(tf.expandDims(rows, 2), tf.expandDims(columns, 1)) as tf.Tensor4D; // [B, H, W, C]
		if (spatial === undefined) return tf.div(strips, 2);
		this.recordPart("spatial", spatial);
		return tf.div(tf.add(strips, ofPixels(spatial)), 3);
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { kernelSize, spatial } = this;
		return { ...super.getConfig(), kernelSize, spatial };
	}
}
tf.serialization.registerClass(TripletAttention);

/** Makes a {@link TripletAttention} layer. */
export function tripletAttention(args: TripletAttentionArgs = {}): TripletAttention {
	return new TripletAttention(args);
}
