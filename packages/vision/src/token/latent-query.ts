import { FeedForwardBlock, MultiHeadBlock, makeNorm, type ParameterScope } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { vitDefaults } from "./vit-block.ts";

/** What a {@link LatentQuery} is made of. */
export interface LatentQuerySizes {
	/** Features of a token. */
	readonly modelDim: number;
	readonly numHeads: number;
	/** Features in the middle of the feed-forward network behind it; 0: there is none. */
	readonly hiddenDim: number;
}

/** Gathers the tokens `[batch, length, modelDim]` that count into one: `[batch, modelDim]`, and the weights `[batch, heads, length]`. */
export type LatentQuery = (
	x: tf.Tensor3D,
	options: { readonly mask: tf.Tensor2D | undefined; readonly wantsWeights: boolean },
) => { readonly output: tf.Tensor2D; readonly weights: tf.Tensor3D | undefined };

/** One trained query as a part of a layer, which asks all tokens; `name` is what its records are called. */
export function makeLatentQuery(
	where: string,
	name: string,
	parts: ParameterScope,
	{ modelDim, numHeads, hiddenDim }: LatentQuerySizes,
): LatentQuery {
	const { activation, epsilon } = vitDefaults;
	const attention = new MultiHeadBlock(parts, { where, name, querySize: modelDim, numHeads });
	const latent = parts.add<tf.Rank.R1>("latent", [modelDim], { deviation: 1 / Math.sqrt(modelDim) });
	const norm = hiddenDim === 0 ? undefined : makeNorm(parts.scope("norm"), modelDim, { epsilon });
	const network =
		hiddenDim === 0
			? undefined
			: new FeedForwardBlock(parts.scope("feed_forward"), modelDim, { hiddenDim, activation }, where);
	return (x, { mask, wantsWeights }) => {
		const [batch, length] = x.shape;
		const query = tf.add(tf.zeros([batch, 1, modelDim]), latent) as tf.Tensor3D;
		const keys = mask && tf.reshape<tf.Rank.R4>(mask, [batch, 1, 1, length]);
		const attended = attention.attend(query, x, x, { mask: keys, returnWeights: wantsWeights });
		const seen: tf.Tensor2D = tf.reshape(attended.output, [batch, modelDim]);
		const whole = norm && network ? (tf.add(seen, network.run(norm(seen))) as tf.Tensor2D) : seen;
		const output = mask === undefined ? whole : tf.where(tf.any(mask, 1, true), whole, tf.zerosLike(whole));
		const weights = attended.weights && tf.reshape<tf.Rank.R3>(attended.weights, [batch, numHeads, length]);
		return { output, weights };
	};
}
