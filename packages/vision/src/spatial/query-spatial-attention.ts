import { additiveScore, checkChoice, checkFlag, checkNumber, HeedError } from "@heed/core";
import { type AttentionLayerArgs, type Dense, makeDense, type ParameterScope, project } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { ImageAttended, ImageAttentionCall, ImageSizes } from "../image-attention.ts";
import { flattenPixels } from "../ops/global-pool.ts";
import type { LayerParts } from "../ops/layer-parts.ts";
import { meanOne, pixelSoftmax } from "../ops/pixel-softmax.ts";
import { whereCounted } from "../vision-attention.ts";
import { SpatialGate, scalePixels, sumPixels } from "./spatial-gate.ts";

/** Arguments of {@link querySpatialAttention}. */
export interface QuerySpatialAttentionArgs extends AttentionLayerArgs {
	/** Size of the space in which pixels and query meet. Default 512. */
	readonly units?: number | undefined;
	/** Default `tanh`. */
	readonly activation?: "tanh" | "relu" | undefined;
	/** Give the query a bias beside that of the pixels, as TGIF-QA's program and some ports do. Default false. */
	readonly queryBias?: boolean | undefined;
	/** Sum the pixels up to one row of channels. Default true; false: weigh them and keep the image. */
	readonly reduce?: boolean | undefined;
	/** What the query says about the output as a whole: nothing (default), one factor, or one for each channel. */
	readonly gate?: "none" | "scalar" | "vector" | undefined;
	/** Without `reduce`: multiply by the number of pixels, so that an even weighing changes nothing. Default false. */
	readonly rescale?: boolean | undefined;
}

/** An image that {@link QuerySpatialAttention.setUp} prepared for many questions. Dispose what is in it. */
export type ImageMemory = {
	/** `[batch, height, width, channels]`, 0 at the pixels that do not count. */
	readonly x: tf.Tensor4D;
	/** The pixels where they meet a query, `[batch, pixels, units]`. */
	readonly keys: tf.Tensor3D;
	/** Bool `[batch, height, width]`. */
	readonly mask?: tf.Tensor3D;
};

/**
 * A query asks every pixel: the attention of Show, Attend and Tell, where the query is the state of a decoder; the spatial one of
 * TGIF-QA, where it is a question; the spatial half of SCA-CNN.
 *
 *     e[p] = w · tanh(x[p] · W + b + q · U + d) + c                   over the pixels that count
 *     a = softmax_p(e)                                                [B, H, W]
 *     y = g · Σ_p a[p] · x[p]                     without `reduce`:   y[p] = g · a[p] · x[p]
 *     g = sigmoid(q · V + v)                      1 with the gate `none`
 *
 * Inputs: `[x, query]` or `[x, query, mask]`, see {@link ImageAttention}. A decoder, which asks the same image for every word,
 * prepares it once by {@link QuerySpatialAttention.setUp} and asks by {@link QuerySpatialAttention.step}. Weights: `pixel/kernel` W [channels, units], `pixel/bias` b
 * [units], `query/kernel` U [querySize, units], with `queryBias` `query/bias` d, `score/kernel` w [units], `score/bias` c [1], which changes nothing under a
 * softmax; `gate/kernel` V [querySize, 1 or channels], `gate/bias`.
 *
 * Xu et al. 2015, https://arxiv.org/abs/1502.03044 (`gate: 'scalar'`); Jang et al. 2017, https://arxiv.org/abs/1704.04497
 * (`queryBias: true`); Chen et
 * al. 2016, https://arxiv.org/abs/1611.05594 (`reduce: false, rescale: true`)
 *
 * When not to use it: without a query; that is {@link AttentionPooling2d}.
 *
 * @throws HeedError at construction, build or call.
 */
export class QuerySpatialAttention extends SpatialGate {
	static readonly className = "HeedQuerySpatialAttention";
	override readonly takesQuery = true;
	override readonly reduce: boolean;
	readonly units: number;
	readonly activation: "tanh" | "relu";
	readonly queryBias: boolean;
	readonly gate: "none" | "scalar" | "vector";
	readonly rescale: boolean;
	#ask: SpatialQuery | undefined;
	#gate: Dense | undefined;

	constructor(args: QuerySpatialAttentionArgs = {}) {
		super(args, ["units", "activation", "queryBias", "reduce", "gate", "rescale"]);
		const { units = 512, activation = "tanh", reduce = true, gate = "none", rescale = false } = args;
		const { queryBias = false } = args;
		checkNumber(this.where, "units", units, { integer: true, min: 1 });
		checkChoice(this.where, "activation", activation, ["tanh", "relu"]);
		checkFlag(this.where, "queryBias", queryBias);
		checkFlag(this.where, "reduce", reduce);
		checkChoice(this.where, "gate", gate, ["none", "scalar", "vector"]);
		checkFlag(this.where, "rescale", rescale);
		if (reduce && rescale) {
			const message =
				"`rescale` is for weights that keep the image, and `reduce` is true. Leave one of them out.";
			throw new HeedError("OPTION", this.where, message);
		}
		this.units = units;
		this.activation = activation;
		this.queryBias = queryBias;
		this.reduce = reduce;
		this.gate = gate;
		this.rescale = rescale;
	}

	protected addWeights(parts: LayerParts, { channels, querySize }: ImageSizes): void {
		const { units, activation, queryBias, gate } = this;
		this.#ask = makeSpatialQuery(parts, { channels, querySize, units, activation, queryBias });
		if (gate === "none") return;
		const outputSize = gate === "scalar" ? 1 : channels;
		this.#gate = makeDense(parts.scope("gate"), { inputSize: querySize, outputSize });
	}

	/**
	 * Prepares an image for many questions, once the layer was built.
	 *
	 * @param x `[batch, height, width, channels]`.
	 * @param mask Bool `[batch, height, width]`. Default: all pixels count.
	 * @throws HeedError `SHAPE`, `DTYPE`, `VALUE`.
	 */
	setUp(x: tf.Tensor4D, mask?: tf.Tensor3D): ImageMemory {
		const { keysOf } = this.made(this.#ask);
		this.checkX(`${this.where}.setUp`, x, mask);
		return tf.tidy(() => {
			if (mask === undefined) return { x: tf.clone(x), keys: keysOf(x) };
			const seen = whereCounted(x, mask);
			return { x: seen, keys: keysOf(seen), mask: tf.clone(mask) };
		});
	}

	/**
	 * Asks an image that was prepared. Captures get a record for every step.
	 *
	 * @param query `[batch, querySize]`.
	 * @returns The output, and the map `[batch, height, width]`.
	 * @throws HeedError `SHAPE`, `DTYPE`, `VALUE`.
	 */
	step(query: tf.Tensor2D, memory: ImageMemory): ImageAttended {
		const { askKeys } = this.made(this.#ask);
		this.checkQuery(`${this.where}.step`, query, memory.x);
		return tf.tidy(() => {
			const attended = this.#use(memory.x, query, memory.mask, askKeys(memory.keys, query, memory));
			this.recordMap(attended.weights);
			return this.reduce ? attended : { ...attended, output: whereCounted(attended.output, memory.mask) };
		});
	}

	protected weigh({ x, query, mask }: ImageAttentionCall): tf.Tensor3D {
		const { keysOf, askKeys } = this.made(this.#ask);
		return askKeys(keysOf(x), query as tf.Tensor2D, { x, ...(mask && { mask }) });
	}

	protected override attend(call: ImageAttentionCall): ImageAttended {
		return this.#use(call.x, call.query as tf.Tensor2D, call.mask, this.weigh(call));
	}

	#use(
		x: tf.Tensor4D,
		query: tf.Tensor2D,
		mask: tf.Tensor3D | undefined,
		weights: tf.Tensor3D,
	): ImageAttended {
		const gate = this.#gate && tf.sigmoid(this.#gate(query)); // [B, 1 or C]
		if (this.reduce) {
			const sum = sumPixels(x, weights); // [B, C]
			return { output: gate === undefined ? sum : tf.mul(sum, gate), weights };
		}
		const scaled = scalePixels(x, this.rescale ? meanOne(weights, mask) : weights);
		if (gate === undefined) return { output: scaled, weights };
		return { output: tf.mul(scaled, tf.reshape(gate, [x.shape[0], 1, 1, -1])), weights };
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { units, activation, queryBias, reduce, gate, rescale } = this;
		return { ...super.getConfig(), units, activation, queryBias, reduce, gate, rescale };
	}
}
tf.serialization.registerClass(QuerySpatialAttention);

/** Makes a {@link QuerySpatialAttention} layer. */
export function querySpatialAttention(args: QuerySpatialAttentionArgs = {}): QuerySpatialAttention {
	return new QuerySpatialAttention(args);
}

/** The two halves of the attention: what concerns the image alone, and what a query adds. */
export interface SpatialQuery {
	/** The pixels where they meet a query, `[batch, pixels, units]`. */
	readonly keysOf: (x: tf.Tensor4D) => tf.Tensor3D;
	/** The weight of every pixel for a query, `[batch, height, width]`; each map sums to 1. */
	readonly askKeys: (
		keys: tf.Tensor3D,
		query: tf.Tensor2D,
		image: { readonly x: tf.Tensor4D; readonly mask?: tf.Tensor3D },
	) => tf.Tensor3D;
}

/** The attention as a part of a layer. */
export function makeSpatialQuery(
	parameters: ParameterScope,
	options: {
		readonly channels: number;
		readonly querySize: number;
		readonly units: number;
		readonly activation: "tanh" | "relu";
		/** Default false. */
		readonly queryBias?: boolean;
	},
): SpatialQuery {
	const { channels, querySize, units, activation, queryBias = false } = options;
	const toKeys = makeDense(parameters.scope("pixel"), { inputSize: channels, outputSize: units });
	const ask = parameters.add<tf.Rank.R2>("query/kernel", [querySize, units]);
	const shifted = queryBias ? parameters.add<tf.Rank.R1>("query/bias", [units], "zeros") : undefined;
	const v = parameters.add<tf.Rank.R1>("score/kernel", [units], { deviation: 1 / Math.sqrt(units) });
	const shift = parameters.add<tf.Rank.R1>("score/bias", [1], "zeros");
	const keysOf = (x: tf.Tensor4D): tf.Tensor3D => toKeys(flattenPixels(x)); // [B, L, U]
	const askKeys: SpatialQuery["askKeys"] = (keys, query, { x, mask }) => {
		const [batch, height, width] = x.shape;
		const question = tf.expandDims(project(query, ask, shifted), 1) as tf.Tensor3D; // [B, 1, U]
		const met =
			activation === "tanh"
				? additiveScore(question, keys, { v }) // [B, 1, L]
				: project(tf.relu(tf.add(keys, question)), tf.reshape(v, [units, 1])); // [B, L, 1]
		const scores = tf.add(met, shift);
		return pixelSoftmax(tf.reshape(scores, [batch, height, width]), mask);
	};
	return { keysOf, askKeys };
}
