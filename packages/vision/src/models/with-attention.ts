import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { AttentionOptions, ImageAttentionName } from "../create-attention.ts";
import { type AttentionChoice, type ResnetArgs, resnet } from "./resnet.ts";

/**
 * A builder of models with one attention put into it: `withAttention(resnet, "eca")({ depth: 18 })`.
 *
 * When not to use it: once; `resnet({ attention: { name: "eca" } })` says the same.
 *
 * @param build A function that takes `attention` and makes a model.
 */
export function withAttention<
	Args extends { readonly attention?: ResnetArgs["attention"] },
	N extends ImageAttentionName,
>(
	build: (args: Args) => LayersModel,
	name: N,
	options: AttentionOptions<N> = {} as AttentionOptions<N>,
): (args?: Omit<Args, "attention">) => LayersModel {
	const attention = { name, options } as AttentionChoice;
	return (args) => build({ ...args, attention } as Args);
}

/** Arguments of the residual networks with a fixed attention: its options are a part of them. */
export interface AttentionResnetArgs<N extends ImageAttentionName>
	extends Omit<ResnetArgs, "attention" | "place"> {
	/** Of the attention. */
	readonly attentionOptions?: AttentionOptions<N> | undefined;
}

/**
 * A {@link resnet} with squeeze-and-excitation in every block.
 *
 * Hu et al. 2017, "Squeeze-and-Excitation Networks", https://arxiv.org/abs/1709.01507
 *
 * When not to use it: where its weights are too many, 10 % more at a depth of 50; `attention: { name: 'eca' }` adds 80 numbers.
 *
 * @throws HeedError as {@link resnet}.
 */
export function seResnet(args: AttentionResnetArgs<"squeezeExcite"> = {}): LayersModel {
	const { attentionOptions, ...rest } = args;
	return withAttention(resnet, "squeezeExcite", attentionOptions)(rest);
}

/**
 * A {@link resnet} with CBAM in every block. As in the released code the norm of its pixels starts with a factor of 0: every
 * pixel first counts for one half.
 *
 * Woo et al. 2018, "CBAM: Convolutional Block Attention Module", https://arxiv.org/abs/1807.06521
 *
 * When not to use it: as {@link cbam}.
 *
 * @throws HeedError as {@link resnet}.
 */
export function cbamResnet(args: AttentionResnetArgs<"cbam"> = {}): LayersModel {
	const { attentionOptions, ...rest } = args;
	return withAttention(resnet, "cbam", { gammaInitializer: "zeros", ...attentionOptions })(rest);
}

/**
 * A {@link resnet} with BAM after its first three stages.
 *
 * Park et al. 2018, "BAM: Bottleneck Attention Module", https://arxiv.org/abs/1807.06514
 *
 * When not to use it: as {@link bam}.
 *
 * @throws HeedError as {@link resnet}.
 */
export function bamResnet(args: AttentionResnetArgs<"bam"> = {}): LayersModel {
	const { attentionOptions, ...rest } = args;
	return withAttention(resnet, "bam", attentionOptions)({ ...rest, place: "stage" });
}
