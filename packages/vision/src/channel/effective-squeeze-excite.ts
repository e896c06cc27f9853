import { type AttentionLayerArgs, type Dense, makeDense } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { ImageAttentionCall, ImageSizes } from "../image-attention.ts";
import { type GateName, gateByName } from "../ops/gate.ts";
import { averageOverPixels } from "../ops/global-pool.ts";
import type { LayerParts } from "../ops/layer-parts.ts";
import { ChannelGate } from "./channel-gate.ts";

/** Arguments of {@link effectiveSqueezeExcite}. */
export interface EffectiveSqueezeExciteArgs extends AttentionLayerArgs {
	/** Default `hardSigmoid`. */
	readonly gate?: GateName | undefined;
}

/**
 * Squeeze-and-excitation without the bottleneck, which loses what channels say:
 *
 *     a = hardSigmoid(mean(x) · W + b);   y = a · x
 *
 * Inputs and masks: {@link ImageAttention}. Weights: `expand/kernel` W [channels, channels], `expand/bias` b: C² + C.
 *
 * Lee, Park 2019, "CenterMask: Real-Time Anchor-Free Instance Segmentation", https://arxiv.org/abs/1911.06667
 *
 * When not to use it: for many channels; C² weights are eight times those of {@link SqueezeExcite}.
 *
 * @throws HeedError at construction, build or call.
 */
export class EffectiveSqueezeExcite extends ChannelGate {
	static readonly className = "HeedEffectiveSqueezeExcite";
	readonly gate: GateName;
	#excite: Dense | undefined;

	constructor(args: EffectiveSqueezeExciteArgs = {}) {
		super(args, ["gate"]);
		const { gate = "hardSigmoid" } = args;
		gateByName(this.where, gate);
		this.gate = gate;
	}

	protected addWeights(parts: LayerParts, { channels }: ImageSizes): void {
		this.#excite = makeDense(parts.scope("expand"), { inputSize: channels, outputSize: channels });
	}

	protected weigh({ x, mask }: ImageAttentionCall): tf.Tensor2D {
		return gateByName(this.where, this.gate)(this.made(this.#excite)(averageOverPixels(x, mask)));
	}

	override getConfig(): tf.serialization.ConfigDict {
		return { ...super.getConfig(), gate: this.gate };
	}
}
tf.serialization.registerClass(EffectiveSqueezeExcite);

/** Makes an {@link EffectiveSqueezeExcite} layer. */
export function effectiveSqueezeExcite(args: EffectiveSqueezeExciteArgs = {}): EffectiveSqueezeExcite {
	return new EffectiveSqueezeExcite(args);
}
