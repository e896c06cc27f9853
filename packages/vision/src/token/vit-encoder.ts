import { checkDtype, checkNumber, checkShape, HeedError } from "@heed/core";
import {
	AttentionLayer,
	type AttentionLayerArgs,
	type CallOptions,
	dropoutStream,
	knownSize,
	makeNorm,
	type Norm,
	seedFor,
	TransformerBlock,
} from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";
import { vitDefaults } from "./vit-block.ts";

/** Arguments of {@link vitEncoder}. */
export interface VitEncoderArgs extends AttentionLayerArgs {
	/** How many blocks. Default 12. */
	readonly depth?: number | undefined;
	/** Default 12; a divisor of the features of a token. */
	readonly numHeads?: number | undefined;
	/** Features in the middle of the feed-forward networks. Default 3072. */
	readonly hiddenDim?: number | undefined;
	/** Share that `fit` drops: of attention weights, inside the feed-forward networks and behind each part. Default 0. */
	readonly dropout?: number | undefined;
}

const tokenAxes = ["batch", "length", "features"];

/**
 * The blocks of a vision Transformer, one after the other, and a norm: {@link vitBlock} `depth` times.
 *
 * Input: tokens `[batch, length, features]`, as {@link PatchEmbedding} makes them; output of that shape. With `returnAttention` the
 * weights of all blocks come too, `[batch, depth, heads, query, key]`; under `captureAttention` each block makes a record of its own,
 * called `<name>/<block>/self_attention`. Weights: `0/…`, `1/…` as in `TransformerBlock`, `norm/gamma`, `norm/beta`.
 *
 * Dosovitskiy et al. 2020, "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale",
 * https://arxiv.org/abs/2010.11929
 *
 * When not to use it: with a mask or another kind of block; chain {@link vitBlock} or `transformerEncoderLayer` layers instead.
 *
 * @throws HeedError at construction, build or call.
 */
export class VitEncoder extends AttentionLayer {
	static readonly className = "HeedVitEncoder";
	readonly depth: number;
	readonly numHeads: number;
	readonly hiddenDim: number;
	readonly dropout: number;
	/** How many calls have dropped something so far; the next one's dropout depends on it and on the seed. */
	dropoutStep = 0;
	#blocks: readonly TransformerBlock[] = [];
	#norm: Norm | undefined;
	#features: number | null = null;

	constructor(args: VitEncoderArgs = {}) {
		super(args, ["depth", "numHeads", "hiddenDim", "dropout"]);
		const { depth = 12, dropout = 0 } = args;
		const { numHeads = vitDefaults.numHeads, hiddenDim = vitDefaults.hiddenDim } = args;
		for (const [name, size] of Object.entries({ depth, numHeads, hiddenDim })) {
			checkNumber(this.where, name, size, { integer: true, min: 1 });
		}
		checkNumber(this.where, "dropout", dropout, { min: 0, below: 1 });
		this.depth = depth;
		this.numHeads = numHeads;
		this.hiddenDim = hiddenDim;
		this.dropout = dropout;
	}

	override build(inputShape: Shape | Shape[]): void {
		const [x = []] = this.shapeList(inputShape);
		const modelDim = knownSize(this.where, "x", x, tokenAxes);
		const { numHeads, hiddenDim, dropout } = this;
		const { activation, normFirst, epsilon } = vitDefaults;
		const parts = this.parameterScope();
		this.#blocks = Array.from({ length: this.depth }, (_, i) => {
			return new TransformerBlock(parts.scope(`${i}`), `${this.name}/${i}`, {
				...{ modelDim, normFirst, epsilon },
				attention: { numHeads, dropout },
				feedForward: { hiddenDim, activation },
			});
		});
		this.#norm = makeNorm(parts.scope("norm"), modelDim, { epsilon });
		this.#features = modelDim;
		super.build(inputShape);
	}

	override call(inputs: tf.Tensor | tf.Tensor[], { training }: CallOptions): tf.Tensor | tf.Tensor[] {
		const { tensors, mask } = this.splitInputs(inputs);
		const [x] = tensors as [tf.Tensor3D];
		if (tensors.length !== 1 || mask !== undefined) {
			const message = `${tensors.length + Number(mask !== undefined)} inputs came; expected x alone. For masks chain vitBlock layers.`;
			throw new HeedError("UNSUPPORTED", this.where, message);
		}
		checkShape(this.where, "x", x, tokenAxes, [null, null, this.#features], "the weights of this layer");
		checkDtype(this.where, "x", x, "float32");
		const { returnAttention } = this;
		return tf.tidy(() => {
			const dropout = this.#nextDropout(training === true);
			const maps: tf.Tensor[] = [];
			const seen = this.#blocks.reduce((input, block) => {
				const { output, weights } = block.run(input, { dropout, returnWeights: returnAttention });
				if (weights !== undefined) maps.push(weights);
				return output;
			}, x);
			const output = (this.#norm as Norm)(seen);
			return returnAttention ? [output, tf.stack(maps, 1)] : output;
		});
	}

	#nextDropout(training: boolean): ReturnType<typeof dropoutStream> | undefined {
		if (!training || this.dropout === 0) return undefined;
		return dropoutStream(this.dropout, seedFor(this.seed, `dropout/${this.dropoutStep++}`));
	}

	override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
		const [x = []] = this.shapeList(inputShape);
		const [batch = null, length = null] = x;
		return this.returnAttention ? [x, [batch, this.depth, this.numHeads, length, length]] : x;
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { depth, numHeads, hiddenDim, dropout } = this;
		return { ...super.getConfig(), depth, numHeads, hiddenDim, dropout };
	}
}
tf.serialization.registerClass(VitEncoder);

/** Makes a {@link VitEncoder} layer. */
export function vitEncoder(args: VitEncoderArgs = {}): VitEncoder {
	return new VitEncoder(args);
}
