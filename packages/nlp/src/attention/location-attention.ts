import { checkNumber, locationScore } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import type { LayerVariable } from "@tensorflow/tfjs-layers";
import { ScoreAttention, type ScoreAttentionArgs } from "./score-attention.ts";

/** Arguments of {@link LocationAttention}. */
export interface LocationAttentionArgs extends ScoreAttentionArgs {
	/** How many positions of a source can be attended to, counted from its first. */
	readonly maxSourceLength: number;
}

/**
 * Attention by position alone: the state of the decoder says where to look, whatever stands there.
 *
 *     α = softmax(qᵀ W)                         over the valid positions
 *     context = Σ_j α_j m_j
 *
 * Column j of W belongs to position j of every source. A shorter source uses the first columns, and its weights sum to 1 over
 * them; positions from `maxSourceLength` on get no weight. In a decoder the query is the **current** state. Weights:
 * `query/kernel` W [querySize, maxSourceLength].
 *
 * When not to use it: where word order varies, or for sources longer than those trained on, whose later columns nothing has
 * taught. Of the scores that the paper compares it gave the worst alignments.
 *
 * Luong, Pham, Manning 2015, "Effective Approaches to Attention-based Neural Machine Translation",
 * https://arxiv.org/abs/1508.04025
 */
export class LocationAttention extends ScoreAttention {
	static readonly className = "HeedLocationAttention";
	readonly kind = "locationAttention";
	readonly maxSourceLength: number;
	#query: LayerVariable | undefined;

	/** @throws HeedError `OPTION`. */
	constructor(args: LocationAttentionArgs) {
		super(args, ["maxSourceLength"]);
		const { maxSourceLength } = args;
		checkNumber(this.where, "maxSourceLength", maxSourceLength, { integer: true, min: 1 });
		this.maxSourceLength = maxSourceLength;
	}

	protected addWeights(querySize: number): void {
		this.#query = this.addSeededWeight("query/kernel", [querySize, this.maxSourceLength]);
	}

	protected projectMemory(memory: tf.Tensor3D): tf.Tensor3D {
		return tf.clone(memory); // nothing but its length matters to the score
	}

	protected score(query: tf.Tensor3D, keys: tf.Tensor3D): tf.Tensor3D {
		return locationScore(query, { w: this.read(this.#query), keyLength: keys.shape[1] }); // [B, Tq, S]
	}

	override getConfig(): tf.serialization.ConfigDict {
		return { ...super.getConfig(), maxSourceLength: this.maxSourceLength };
	}
}

tf.serialization.registerClass(LocationAttention);
