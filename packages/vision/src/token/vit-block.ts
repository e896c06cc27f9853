import {
	type TransformerEncoderLayer,
	type TransformerLayerArgs,
	transformerEncoderLayer,
} from "@heed/layers";

/** Arguments of {@link vitBlock}: those of `transformerEncoderLayer`, with other defaults. */
export type VitBlockArgs = Partial<TransformerLayerArgs>;

/** What a block of ViT-B is made of. */
export const vitDefaults = {
	numHeads: 12,
	hiddenDim: 3072,
	activation: "gelu",
	normFirst: true,
	epsilon: 1e-6,
} as const;

/**
 * A block of a vision Transformer: the `transformerEncoderLayer` of `@heed/layers` with the norms in front, a GELU, and the sizes
 * of ViT-B where none are given: 12 heads, a hidden layer of 3072, ε = 1e-6.
 *
 *     x ← x + attention(norm(x));   x ← x + feedForward(norm(x))
 *
 * Input: tokens `[batch, length, features]`, or `[x, mask]`.
 *
 * Dosovitskiy et al. 2020, "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale",
 * https://arxiv.org/abs/2010.11929
 *
 * When not to use it: on maps, see {@link WindowAttention}; for a whole stack, see {@link VitEncoder}.
 *
 * @throws HeedError at construction, build or call.
 */
export function vitBlock(args: VitBlockArgs = {}): TransformerEncoderLayer {
	return transformerEncoderLayer({ ...vitDefaults, ...args });
}
