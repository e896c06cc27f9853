import { checkChoice, checkNotEmpty, checkRank, HeedError } from "@heed/core";
import { SeededLayer, type SeededLayerArgs } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";

/** Arguments of {@link tokenPooling}. */
export interface TokenPoolingArgs extends SeededLayerArgs {
	/** The first token (`class`, default), the mean of all (`mean`), or the mean of all but the first (`patches`). */
	readonly pool?: "class" | "mean" | "patches" | undefined;
}

/**
 * One vector for the tokens of an image, for the last layer of a vision Transformer: `[batch, length, features]` to
 * `[batch, features]`. It has no weights.
 *
 * Dosovitskiy et al. 2020, "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale",
 * https://arxiv.org/abs/2010.11929 (both heads are compared there in appendix D.3)
 *
 * When not to use it: where some tokens should count more than others; that is `attentionPooling2d`, on a map.
 *
 * @throws HeedError at construction or call.
 */
export class TokenPooling extends SeededLayer {
	static readonly className = "HeedTokenPooling";
	readonly pool: "class" | "mean" | "patches";

	constructor(args: TokenPoolingArgs = {}) {
		super(args, ["pool"]);
		const { pool = "class" } = args;
		checkChoice(this.where, "pool", pool, ["class", "mean", "patches"]);
		this.pool = pool;
	}

	override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
		const [x] = [inputs].flat() as [tf.Tensor3D];
		const axes = ["batch", "length", "features"];
		checkRank(this.where, "x", x, axes);
		checkNotEmpty(this.where, "x", x, axes);
		const [batch, length, features] = x.shape;
		if (this.pool === "patches" && length === 1) {
			throw new HeedError(
				"SHAPE",
				this.where,
				"there is 1 token; expected one more for `patches`. Use `class`.",
			);
		}
		return tf.tidy(() => {
			if (this.pool === "class") return tf.reshape(tf.slice(x, [0, 0, 0], [-1, 1, -1]), [batch, features]);
			const counted = this.pool === "mean" ? x : tf.slice(x, [0, 1, 0], [-1, -1, -1]);
			return tf.div(tf.sum(counted, 1), counted.shape[1] ?? 1);
		});
	}

	override computeOutputShape(inputShape: Shape | Shape[]): Shape {
		const [batch = null, , features = null] = inputShape as Shape;
		return [batch, features];
	}

	/** Without tokens there is nothing that a mask could speak of. */
	override computeMask(): tf.Tensor {
		return null as unknown as tf.Tensor; // the host accepts null here, though its types do not say so
	}

	override getConfig(): tf.serialization.ConfigDict {
		return { ...super.getConfig(), pool: this.pool };
	}
}
tf.serialization.registerClass(TokenPooling);

/** Makes a {@link TokenPooling} layer. */
export function tokenPooling(args: TokenPoolingArgs = {}): TokenPooling {
	return new TokenPooling(args);
}
