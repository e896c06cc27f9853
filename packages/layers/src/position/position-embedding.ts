import {
	checkChoice,
	checkNumber,
	describeShape,
	HeedError,
	learnedPositions,
	sinusoidalPositions,
} from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";
import { checkFeatures } from "../ops/check-features.ts";
import { featuresOf, onlyInput } from "../ops/only-input.ts";
import { SeededLayer, type SeededLayerArgs } from "../seeded-layer.ts";

/** Arguments of {@link positionEmbedding}. */
export interface PositionEmbeddingArgs extends SeededLayerArgs {
	/** `sinusoidal` (default): waves, for any length. `learned`: a trained table. */
	readonly kind?: "sinusoidal" | "learned";
	/** The longest sequence, with `learned`. */
	readonly maxLength?: number;
	/** Multiply the input by this before the positions are added, for instance √features. Default 1. */
	readonly inputScale?: number;
}

/**
 * Adds positions to embeddings, as a `tf.layers` layer:
 *
 *     y_t = inputScale · x_t + p_t        p a wave of position t, or row t of a trained table
 *
 * Input and output `[batch, length, features]`. Weight, with `learned`: `table` [maxLength, features], which starts with
 * standard deviation 0.02.
 *
 * Vaswani et al. 2017, "Attention Is All You Need", https://arxiv.org/abs/1706.03762 (waves); Devlin et al. 2018, "BERT",
 * https://arxiv.org/abs/1810.04805 (tables).
 *
 * When not to use it: for sequences longer than those of the training, where the `positions` of an attention, rotary or ALiBi,
 * hold up better.
 *
 * @throws HeedError `OPTION` at construction; `SHAPE`, `DTYPE` at build or call, a sequence that is longer than the table too.
 */
export class PositionEmbedding extends SeededLayer {
	static readonly className = "HeedPositionEmbedding";
	private readonly kind: "sinusoidal" | "learned";
	private readonly maxLength: number | undefined;
	private readonly inputScale: number;
	private table: tf.Variable<tf.Rank.R2> | undefined;

	constructor(args: PositionEmbeddingArgs = {}) {
		super(args, ["kind", "maxLength", "inputScale"]);
		const { kind = "sinusoidal", maxLength, inputScale = 1 } = args;
		checkChoice(this.where, "kind", kind, ["sinusoidal", "learned"]);
		checkNumber(this.where, "inputScale", inputScale);
		if (kind === "learned") checkNumber(this.where, "maxLength", maxLength, { integer: true, min: 1 });
		if (kind === "sinusoidal" && maxLength !== undefined) {
			const message = "`maxLength` goes with `kind` 'learned'; waves have no end. Leave it out.";
			throw new HeedError("OPTION", this.where, message);
		}
		this.kind = kind;
		this.maxLength = maxLength;
		this.inputScale = inputScale;
	}

	override build(inputShape: Shape | Shape[]): void {
		const features = featuresOf(this.where, inputShape);
		if (this.maxLength !== undefined) {
			this.table = this.parameterScope().add("table", [this.maxLength, features], "smallNormal");
		} else {
			this.checkPairs(features);
		}
		super.build(inputShape);
	}

	protected override checkInputs(inputs: tf.Tensor[]): void {
		const axes = ["batch", "length", "features"];
		const x = onlyInput(this.where, inputs, this.table?.shape[1] ?? null);
		checkFeatures(this.where, "x", x, axes);
		const [, length = 0, features = 0] = x.shape;
		if (this.kind === "sinusoidal") this.checkPairs(features);
		if (length > (this.maxLength ?? length)) {
			const came = describeShape("x", x.shape, axes);
			const message = `${came} is longer than \`maxLength\` ${this.maxLength}. Cut the sequences, or raise \`maxLength\`.`;
			throw new HeedError("SHAPE", this.where, message);
		}
	}

	override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
		this.checkInputs([inputs].flat());
		const [x] = [inputs].flat() as [tf.Tensor3D];
		const [, length, features] = x.shape;
		return tf.tidy(() => {
			const positions =
				this.kind === "learned"
					? learnedPositions(this.table as tf.Variable<tf.Rank.R2>, length)
					: sinusoidalPositions(length, features); // [T, D]
			return tf.add(this.inputScale === 1 ? x : tf.mul(x, this.inputScale), positions);
		});
	}

	private checkPairs(features: number): void {
		if (features % 2 === 0) return;
		const message = `x has ${features} features; waves come in pairs. Use an even number, or \`kind\` 'learned'.`;
		throw new HeedError("SHAPE", this.where, message);
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { kind, maxLength, inputScale } = this;
		return { ...super.getConfig(), kind, inputScale, ...(maxLength !== undefined && { maxLength }) };
	}
}
tf.serialization.registerClass(PositionEmbedding);

/**
 * Makes a {@link PositionEmbedding} layer, which adds positions to `[batch, length, features]`.
 *
 * Vaswani et al. 2017, "Attention Is All You Need", https://arxiv.org/abs/1706.03762 (waves); Devlin et al. 2018, "BERT",
 * https://arxiv.org/abs/1810.04805 (tables).
 *
 * When not to use it: for sequences longer than those of the training; see `positions` of {@link MultiHeadOptions}.
 *
 * @throws HeedError `OPTION`.
 */
export function positionEmbedding(args: PositionEmbeddingArgs = {}): PositionEmbedding {
	return new PositionEmbedding(args);
}
