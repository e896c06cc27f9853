import { checkFlag, checkNumber, HeedError } from "@heed/core";
import type { AttentionLayerArgs } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { ImageAttentionCall, ImageSizes } from "../image-attention.ts";
import { type Bottleneck, makeBottleneck } from "../ops/bottleneck.ts";
import type { LayerParts } from "../ops/layer-parts.ts";
import {
	type Reduction,
	type ReductionArgs,
	reducedChannels,
	reductionNames,
	resolveReduction,
} from "../ops/reduction.ts";
import { ChannelGate } from "./channel-gate.ts";

/** A wave over the image: how many half periods run down it and across it. */
export type Frequency = readonly [vertical: number, horizontal: number];

/** Arguments of {@link frequencyChannelAttention}. */
export interface FrequencyChannelAttentionArgs extends AttentionLayerArgs, ReductionArgs {
	/** The waves, each for an equal share of the channels. Default: the 16 lowest, from `[0, 0]`, the mean, on. */
	readonly frequencies?: readonly Frequency[] | undefined;
	/** The image is averaged to this many rows and columns first. Default 7. */
	readonly gridSize?: number | undefined;
	/** Default false, as in the released code. */
	readonly useBias?: boolean | undefined;
}

/**
 * Frequency channel attention: squeeze-and-excitation that squeezes by cosine waves. The mean is the lowest of them, and sees
 * nothing of what changes within the image.
 *
 *     p = x averaged to gridSize × gridSize                                          [B, G, G, C]
 *     z[c] = Σ_ij p[i, j, c] · d(u_c, i) · d(v_c, j)                                 [B, C]
 *     d(u, i) = √(m / G) · cos(π u (i + ½) / G),  m = 1 for u = 0, else 2
 *     a = sigmoid(relu(z · W₁) · W₂);   y = a · x
 *
 * (u_c, v_c) is the frequency of channel c: the first n-th of the channels has the first of n. The paper finds its frequencies
 * by experiment, for images of 7 × 7 and multiples of that; give them by `frequencies`. No mask: a wave with holes is another wave.
 * Inputs: {@link ImageAttention}. Weights: `reduce/kernel` W₁ [channels, hidden], `expand/kernel` W₂ [hidden, channels]: 2C²/16.
 *
 * Qin et al. 2020, "FcaNet: Frequency Channel Attention Networks", https://arxiv.org/abs/2012.11879
 *
 * When not to use it: where the position of things must not matter; a wave has a place.
 *
 * @throws HeedError at construction, build or call.
 */
export class FrequencyChannelAttention extends ChannelGate {
	static readonly className = "HeedFrequencyChannelAttention";
	protected override readonly takesMask = false;
	readonly frequencies: readonly Frequency[];
	readonly gridSize: number;
	readonly useBias: boolean;
	readonly #reduction: Reduction;
	#excite: Bottleneck | undefined;

	constructor(args: FrequencyChannelAttentionArgs = {}) {
		super(args, ["frequencies", "gridSize", "useBias", ...reductionNames]);
		const { gridSize = 7, useBias = false } = args;
		checkNumber(this.where, "gridSize", gridSize, { integer: true, min: 1 });
		checkFlag(this.where, "useBias", useBias);
		const { frequencies = lowestFrequencies(16, gridSize) } = args;
		checkFrequencies(this.where, frequencies, gridSize);
		this.frequencies = frequencies;
		this.gridSize = gridSize;
		this.useBias = useBias;
		this.#reduction = resolveReduction(this.where, args);
	}

	protected addWeights(parts: LayerParts, { channels }: ImageSizes): void {
		const hidden = reducedChannels(channels, this.#reduction);
		this.#excite = makeBottleneck(parts, { channels, hidden, useBias: this.useBias });
	}

	protected weigh({ x }: ImageAttentionCall): tf.Tensor2D {
		const z = tf.sum(tf.mul(x, this.#waves(x)), [1, 2]) as tf.Tensor2D; // [B, C]
		return tf.sigmoid(this.made(this.#excite)(z));
	}

	/** What every pixel counts for the wave of every channel, the averaging included: `[height, width, channels]`. */
	#waves(x: tf.Tensor4D): tf.Tensor {
		const [, height, width, channels] = x.shape;
		const { frequencies } = this;
		const along = (axis: 0 | 1, size: number): Float32Array => {
			const waves = frequencies.map((frequency) => waveOverPixels(frequency[axis], size, this.gridSize));
			return Float32Array.from({ length: size * channels }, (_, i) => {
				const wave = Math.floor(((i % channels) * frequencies.length) / channels);
				return waves[wave]?.[Math.floor(i / channels)] ?? 0;
			});
		};
		const rows = tf.tensor3d(along(0, height), [height, 1, channels]);
		return tf.mul(rows, tf.tensor3d(along(1, width), [1, width, channels]));
	}

	override getConfig(): tf.serialization.ConfigDict {
		const { gridSize, useBias } = this;
		const frequencies = this.frequencies.map((frequency) => [...frequency]);
		return { ...super.getConfig(), frequencies, gridSize, useBias, ...this.#reduction };
	}
}
tf.serialization.registerClass(FrequencyChannelAttention);

/** Makes a {@link FrequencyChannelAttention} layer. */
export function frequencyChannelAttention(
	args: FrequencyChannelAttentionArgs = {},
): FrequencyChannelAttention {
	return new FrequencyChannelAttention(args);
}

/** What each of `size` pixels counts for a wave over `cells` cells, each of which is the mean of the pixels that it covers. */
function waveOverPixels(frequency: number, size: number, cells: number): number[] {
	const scale = Math.sqrt((frequency === 0 ? 1 : 2) / cells);
	const shares = new Array<number>(size).fill(0);
	for (let cell = 0; cell < cells; cell++) {
		const start = Math.floor((cell * size) / cells);
		const end = Math.ceil(((cell + 1) * size) / cells);
		const height = scale * Math.cos((Math.PI * frequency * (cell + 0.5)) / cells);
		for (let i = start; i < end; i++) shares[i] = (shares[i] ?? 0) + height / (end - start);
	}
	return shares;
}

/** By the sum of both frequencies; of equal sums first those that run across. */
function lowestFrequencies(count: number, gridSize: number): Frequency[] {
	const all = Array.from(
		{ length: gridSize * gridSize },
		(_, i): Frequency => [Math.floor(i / gridSize), i % gridSize],
	);
	return all.sort((a, b) => a[0] + a[1] - b[0] - b[1] || a[0] - b[0]).slice(0, count);
}

function checkFrequencies(where: string, frequencies: readonly Frequency[], gridSize: number): void {
	const range = { integer: true, min: 0, below: gridSize };
	if (!Array.isArray(frequencies) || frequencies.length === 0) {
		const message = `\`frequencies\` is ${JSON.stringify(frequencies)}; expected a list of [vertical, horizontal].`;
		throw new HeedError("OPTION", where, message);
	}
	frequencies.forEach((frequency, i) => {
		for (const axis of [0, 1] as const) {
			checkNumber(where, `frequencies[${i}][${axis}]`, frequency?.[axis], range);
		}
	});
}
