import { checkChoice, checkFlag } from "@heed/core";
import type { AttentionLayerArgs } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { ImageAttentionCall, ImageSizes } from "../image-attention.ts";
import { type Bottleneck, makeBottleneck } from "../ops/bottleneck.ts";
import { type GateName, gateByName } from "../ops/gate.ts";
import { averageOverPixels, maxOverPixels } from "../ops/global-pool.ts";
import type { LayerParts } from "../ops/layer-parts.ts";
import {
	type Reduction,
	type ReductionArgs,
	reducedChannels,
	reductionNames,
	resolveReduction,
} from "../ops/reduction.ts";
import { ChannelGate } from "./channel-gate.ts";

/** Arguments of {@link squeezeExcite}. */
export interface SqueezeExciteArgs extends AttentionLayerArgs, ReductionArgs {
	/** What becomes of the pixels of a channel: their mean, their maximum or the mean of both. Default `avg`. */
	readonly squeeze?: "avg" | "max" | "avgMax" | undefined;
	/** Default `sigmoid`; MobileNetV3 has `hardSigmoid`. */
	readonly gate?: GateName | undefined;
	/** Default true, as in the released networks. */
	readonly useBias?: boolean | undefined;
	/**
	 * How the bottleneck is rounded where `rdDivisor` and `roundLimit` are not given: `official` (default) to whole numbers,
	 * `timm` to multiples of 8, without a limit. There is no `paper`, as {@link cbam} has.
	 */
	readonly variant?: "official" | "timm" | undefined;
}

/**
 * Squeeze-and-excitation: what is in the whole image decides how much each channel counts.
 *
 *     z = mean over the pixels of x                         [B, C]
 *     a = sigmoid(relu(z · W₁ + b₁) · W₂ + b₂)              [B, C], hidden size C / 16
 *     y = a · x
 *
 * In a residual network it stands on the branch, before the addition. Inputs and masks: {@link ImageAttention}. Weights:
 * `reduce/kernel` W₁ [channels, hidden], `reduce/bias`, `expand/kernel` W₂ [hidden, channels], `expand/bias`: 2C²/16 + C + C/16.
 *
 * Hu et al. 2017, "Squeeze-and-Excitation Networks", https://arxiv.org/abs/1709.01507
 *
 * When not to use it: for few channels, where the bottleneck has one feature or two; {@link EfficientChannelAttention} has none.
 *
 * @throws HeedError at construction, build or call.
 */
export class SqueezeExcite extends ChannelGate {
	static readonly className = "HeedSqueezeExcite";
	readonly squeeze: "avg" | "max" | "avgMax";
	readonly gate: GateName;
	readonly useBias: boolean;
	readonly variant: "official" | "timm";
	readonly #reduction: Reduction;
	#excite: Bottleneck | undefined;

	constructor(args: SqueezeExciteArgs = {}) {
		super(args, ["squeeze", "gate", "useBias", "variant", ...reductionNames]);
		const { squeeze = "avg", gate = "sigmoid", useBias = true, variant = "official" } = args;
		checkChoice(this.where, "squeeze", squeeze, ["avg", "max", "avgMax"]);
		gateByName(this.where, gate);
		checkFlag(this.where, "useBias", useBias);
		checkChoice(this.where, "variant", variant, ["official", "timm"]);
		this.squeeze = squeeze;
		this.gate = gate;
		this.useBias = useBias;
		this.variant = variant;
		const rounding = variant === "timm" ? { rdDivisor: 8, roundLimit: 0 } : {};
		this.#reduction = resolveReduction(this.where, args, rounding);
	}

	protected addWeights(parts: LayerParts, { channels }: ImageSizes): void {
		const hidden = reducedChannels(channels, this.#reduction);
		this.#excite = makeBottleneck(parts, { channels, hidden, useBias: this.useBias });
	}

	protected weigh({ x, mask }: ImageAttentionCall): tf.Tensor2D {
		return gateByName(this.where, this.gate)(this.made(this.#excite)(this.#pool(x, mask)));
	}

	#pool(x: tf.Tensor4D, mask: tf.Tensor3D | undefined): tf.Tensor2D {
		if (this.squeeze === "avg") return averageOverPixels(x, mask);
		if (this.squeeze === "max") return maxOverPixels(x, mask);
		return tf.div(tf.add(averageOverPixels(x, mask), maxOverPixels(x, mask)), 2);
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { squeeze, gate, useBias, variant } = this;
		return { ...super.getConfig(), squeeze, gate, useBias, variant, ...this.#reduction };
	}
}
tf.serialization.registerClass(SqueezeExcite);

/** Makes a {@link SqueezeExcite} layer. */
export function squeezeExcite(args: SqueezeExciteArgs = {}): SqueezeExcite {
	return new SqueezeExcite(args);
}
