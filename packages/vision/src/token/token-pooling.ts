import {
	checkChoice,
	checkDtype,
	checkNotEmpty,
	checkNumber,
	checkRank,
	checkShape,
	describeShape,
	HeedError,
} from "@heed/core";
import { AttentionLayer, type AttentionLayerArgs, knownSize } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";
import { type LatentQuery, makeLatentQuery } from "./latent-query.ts";
import { vitDefaults } from "./vit-block.ts";

/** How {@link tokenPooling} makes one vector of many. */
export type TokenPool = "class" | "mean" | "patches" | "attention";

/** Arguments of {@link tokenPooling}. */
export interface TokenPoolingArgs extends AttentionLayerArgs {
	/**
	 * The first token (`class`, default), the mean of all (`mean`), the mean of all but the first (`patches`), or what one trained query
	 * finds among them (`attention`).
	 */
	readonly pool?: TokenPool | undefined;
	/** Only `attention`: default 12; a divisor of the features of a token. */
	readonly numHeads?: number | undefined;
	/** Only `attention`: features in the middle of a feed-forward network behind it, four times those of a token in ViT-G; 0 (default): none. */
	readonly hiddenDim?: number | undefined;
}

const tokenAxes = ["batch", "length", "features"];

/**
 * One vector for the tokens of an image, for the last layer of a vision Transformer: `[batch, length, features]` to
 * `[batch, features]`.
 *
 *     class       y = x[0]
 *     mean        y = mean over all tokens
 *     patches     y = mean over all tokens but the first
 *     attention   y = multiHead(q, x, x)             q: one trained query
 *                 with `hiddenDim`: y ← y + gelu(norm(y) · W₁ + b₁) · W₂ + b₂
 *
 * `attention` is the head of ViT-G and SigLIP ("MAP"), and without a network the class attention of CaiT with the class token as a
 * query alone. It takes `[x, mask]` too, mask bool `[batch, length]`, true = this token counts; where none does, y is 0. With
 * `returnAttention` its weights `[batch, heads, length]` come as a second output; a capture gets them as `[batch, heads, query, key]`,
 * of kind `multiHeadAttention`, with one query.
 *
 * Weights, only of `attention`: `latent` q [features], `query/…`, `key/…`, `value/…`, `attention_output/…`, each a `kernel`
 * [features, features] and a `bias`; `norm/…`, `feed_forward/in/…` W₁ and `feed_forward/out/…` W₂: 4 C² + 5 C, and 2 C H + 3 C + H with
 * a network of H.
 *
 * Dosovitskiy et al. 2020, "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale",
 * https://arxiv.org/abs/2010.11929 (class and mean are compared there in appendix D.3); `attention`: Zhai et al. 2021, "Scaling Vision
 * Transformers", https://arxiv.org/abs/2106.04560; Touvron et al. 2021, "Going deeper with Image Transformers",
 * https://arxiv.org/abs/2103.17239
 *
 * When not to use it: on a map; that is `attentionPooling2d`.
 *
 * @throws HeedError at construction, build or call.
 */
export class TokenPooling extends AttentionLayer {
	static readonly className = "HeedTokenPooling";
	readonly pool: TokenPool;
	readonly numHeads: number;
	readonly hiddenDim: number;
	#ask: LatentQuery | undefined;
	#features: number | null = null;

	constructor(args: TokenPoolingArgs = {}) {
		super(args, ["pool", "numHeads", "hiddenDim"]);
		const { pool = "class", numHeads = vitDefaults.numHeads, hiddenDim = 0 } = args;
		const { where } = this;
		checkChoice(where, "pool", pool, ["class", "mean", "patches", "attention"]);
		checkNumber(where, "numHeads", numHeads, { integer: true, min: 1 });
		checkNumber(where, "hiddenDim", hiddenDim, { integer: true, min: 0 });
		const { returnAttention } = args;
		const useless = Object.entries({ numHeads: args.numHeads, hiddenDim: args.hiddenDim, returnAttention });
		for (const [name, value] of useless) {
			if (pool === "attention" || value === undefined || value === false) continue;
			const message = `\`${name}\` is ${value} with \`pool\` '${pool}', which has no attention. Leave it out, or use 'attention'.`;
			throw new HeedError("OPTION", where, message);
		}
		this.pool = pool;
		this.numHeads = numHeads;
		this.hiddenDim = hiddenDim;
	}

	override build(inputShape: Shape | Shape[]): void {
		const [x = []] = this.shapeList(inputShape);
		if (this.pool === "attention") {
			const modelDim = knownSize(this.where, "x", x, tokenAxes);
			const { numHeads, hiddenDim } = this;
			const sizes = { modelDim, numHeads, hiddenDim };
			this.#ask = makeLatentQuery(this.where, this.name, this.parameterScope(), sizes);
			this.#features = modelDim;
		}
		super.build(inputShape);
	}

	override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor | tf.Tensor[] {
		const { tensors, mask } = this.splitInputs(inputs);
		const [x] = tensors as [tf.Tensor3D];
		checkRank(this.where, "x", x, tokenAxes);
		checkNotEmpty(this.where, "x", x, tokenAxes);
		if (this.#ask !== undefined) return this.#attend(this.#ask, x, mask);
		if (mask !== undefined) {
			const message = `a mask came, which \`pool\` '${this.pool}' does not take. Use 'attention'.`;
			throw new HeedError("UNSUPPORTED", this.where, message);
		}
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

	#attend(ask: LatentQuery, x: tf.Tensor3D, mask: tf.Tensor | undefined): tf.Tensor | tf.Tensor[] {
		const { where, returnAttention } = this;
		checkShape(where, "x", x, tokenAxes, [null, null, this.#features], "the weights of this layer");
		checkDtype(where, "x", x, "float32");
		if (mask !== undefined) {
			checkDtype(where, "mask", mask, "bool");
			const reason = describeShape("x", x.shape, tokenAxes);
			checkShape(where, "mask", mask, ["batch", "length"], x.shape.slice(0, 2), reason);
		}
		return tf.tidy(() => {
			const seen = this.joinedMask(mask, x) as tf.Tensor2D | undefined;
			const options = { mask: seen, wantsWeights: returnAttention };
			const { output, weights } = ask(x, options);
			return returnAttention ? [output, weights as tf.Tensor] : output;
		});
	}

	override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
		const [[batch = null, length = null, features = null] = []] = this.shapeList(inputShape);
		const output = [batch, features];
		return this.returnAttention ? [output, [batch, this.numHeads, length]] : output;
	}

	protected override keyInput(): number {
		return 0;
	}

	/** Without tokens there is nothing that a mask could speak of. */
	protected override passesMask(): boolean {
		return false;
	}

	/** The others take no mask, and what comes with their tokens does not matter. */
	override computeMask(
		inputs: tf.Tensor | tf.Tensor[],
		mask?: tf.Tensor | tf.Tensor[],
	): tf.Tensor | tf.Tensor[] {
		if (this.pool === "attention") return super.computeMask(inputs, mask);
		return null as unknown as tf.Tensor; // the host accepts null here, though its types do not say so
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { pool, numHeads, hiddenDim } = this;
		return { ...super.getConfig(), pool, ...(pool === "attention" && { numHeads, hiddenDim }) };
	}
}
tf.serialization.registerClass(TokenPooling);

/** Makes a {@link TokenPooling} layer. */
export function tokenPooling(args: TokenPoolingArgs = {}): TokenPooling {
	return new TokenPooling(args);
}
