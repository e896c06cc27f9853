import { checkDtype, checkFlag, checkNumber, checkShape, describeShape, HeedError } from "@heed/core";
import { knownSize, project, SeededLayer, type SeededLayerArgs } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";

/** Arguments of {@link patchEmbedding}. */
export interface PatchEmbeddingArgs extends SeededLayerArgs {
	/** Pixels on a side of a patch. Default 16. */
	readonly patchSize?: number | undefined;
	/** Features of a token. Default 768. */
	readonly modelDim?: number | undefined;
	/** Put a trained token before those of the patches. Default true. */
	readonly classToken?: boolean | undefined;
	/** Add a trained vector for every place, for which the size of the images must be known. Default true. */
	readonly positions?: boolean | undefined;
}

const imageAxes = ["batch", "height", "width", "channels"];

/**
 * Cuts an image into square patches and makes a token of each, for a Transformer:
 *
 *     token[i, j] = Σ over the pixels and channels of patch (i, j) of x · W + b
 *     y = [class token, tokens row by row] + positions                        [B, (1 +) H/p · W/p, modelDim]
 *
 * Input: float32 `[batch, height, width, channels]`, whose height and width are multiples of `patchSize`. Weights: `kernel` W
 * [patchSize, patchSize, channels, modelDim], `bias` b, `class_token` [modelDim], `positions` [tokens, modelDim].
 *
 * Dosovitskiy et al. 2020, "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale",
 * https://arxiv.org/abs/2010.11929
 *
 * When not to use it: for images of many sizes with one model, unless `positions` is false: every place has a vector of its own.
 *
 * @throws HeedError at construction, build or call.
 */
export class PatchEmbedding extends SeededLayer {
	static readonly className = "HeedPatchEmbedding";
	readonly patchSize: number;
	readonly modelDim: number;
	readonly classToken: boolean;
	readonly positions: boolean;
	#weights: PatchWeights | undefined;
	#expected: readonly (number | null)[] = [null, null, null, null];

	constructor(args: PatchEmbeddingArgs = {}) {
		super(args, ["patchSize", "modelDim", "classToken", "positions"]);
		const { patchSize = 16, modelDim = 768, classToken = true, positions = true } = args;
		for (const [name, size] of Object.entries({ patchSize, modelDim })) {
			checkNumber(this.where, name, size, { integer: true, min: 1 });
		}
		checkFlag(this.where, "classToken", classToken);
		checkFlag(this.where, "positions", positions);
		this.patchSize = patchSize;
		this.modelDim = modelDim;
		this.classToken = classToken;
		this.positions = positions;
	}

	override build(inputShape: Shape | Shape[]): void {
		const [, height = null, width = null] = inputShape as Shape;
		const { patchSize, modelDim, where } = this;
		const came = `x [${(inputShape as Shape).map((size) => size ?? "?").join(", ")}]`;
		const channels = knownSize(where, "x", inputShape as Shape, imageAxes);
		this.#checkSides(came, height, width);
		const count = this.#tokens(height, width);
		if (this.positions && count === null) {
			const message = `${came} is of unknown size; expected known height and width, for a position each. Give them, or \`positions: false\`.`;
			throw new HeedError("SHAPE", where, message);
		}
		const parts = this.parameterScope();
		const deviation = Math.sqrt(1 / (patchSize * patchSize * channels));
		this.#weights = {
			kernel: parts.add("kernel", [patchSize, patchSize, channels, modelDim], { deviation }),
			bias: parts.add("bias", [modelDim], "zeros"),
			...(this.classToken && { token: parts.add("class_token", [modelDim], "smallNormal") }),
			...(this.positions && { places: parts.add("positions", [count ?? 0, modelDim], "smallNormal") }),
		};
		this.#expected = this.positions ? [null, height, width, channels] : [null, null, null, channels];
		super.build(inputShape);
	}

	override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
		const [x] = [inputs].flat() as [tf.Tensor4D];
		checkShape(this.where, "x", x, imageAxes, this.#expected as number[], "the weights of this layer");
		checkDtype(this.where, "x", x, "float32");
		const came = describeShape("x", x.shape, imageAxes);
		if (x.size === 0)
			throw new HeedError("SHAPE", this.where, `${came} is empty; expected at least one patch.`);
		this.#checkSides(came, x.shape[1], x.shape[2]);
		const { kernel, bias, token, places } = this.#weights as PatchWeights;
		return tf.tidy(() => {
			const [batch, height, width, channels] = x.shape;
			const { patchSize: p, modelDim } = this;
			const rows = tf.reshape(x, [(batch * height) / p, p, width / p, p * channels]);
			const patches = tf.reshape(tf.transpose(rows, [0, 2, 1, 3]), [batch, -1, p * p * channels]); // [B, N, p²C]
			const tokens = project(patches, tf.reshape(kernel, [-1, modelDim]), bias); // [B, N, D]
			const first = token && tf.add(tf.zeros([batch, 1, modelDim]), token); // [B, 1, D]
			const all = first === undefined ? tokens : tf.concat([first, tokens], 1);
			return places === undefined ? all : tf.add(all, places);
		});
	}

	override computeOutputShape(inputShape: Shape | Shape[]): Shape {
		const [batch = null, height = null, width = null] = inputShape as Shape;
		return [batch, this.#tokens(height, width), this.modelDim];
	}

	#tokens(height: number | null, width: number | null): number | null {
		if (height === null || width === null) return null;
		return (height / this.patchSize) * (width / this.patchSize) + Number(this.classToken);
	}

	#checkSides(came: string, ...sides: (number | null)[]): void {
		const { patchSize } = this;
		if (sides.every((side) => side === null || side % patchSize === 0)) return;
		const message = `${came} does not divide into patches of ${patchSize}; expected multiples of it. Pad or resize the image.`;
		throw new HeedError("SHAPE", this.where, message);
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { patchSize, modelDim, classToken, positions } = this;
		return { ...super.getConfig(), patchSize, modelDim, classToken, positions };
	}
}
tf.serialization.registerClass(PatchEmbedding);

interface PatchWeights {
	readonly kernel: tf.Tensor;
	readonly bias: tf.Tensor;
	readonly token?: tf.Tensor;
	readonly places?: tf.Tensor;
}

/** Makes a {@link PatchEmbedding} layer. */
export function patchEmbedding(args: PatchEmbeddingArgs = {}): PatchEmbedding {
	return new PatchEmbedding(args);
}
