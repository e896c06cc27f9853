import { checkChoice, checkNumber, HeedError } from "@heed/core";
import { makeDense, type ParameterScope } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";
import type { ImageSizes } from "../image-attention.ts";
import type { LayerParts } from "../ops/layer-parts.ts";
import { makeConvolutionStack } from "./convolution-stack.ts";
import { GlimpseSensor, type GlimpseSensorArgs } from "./glimpse-sensor.ts";

/** How large a {@link GlimpseNetwork} is. */
export interface GlimpseNetworkSizes {
	/** Filters of convolutions 3×3 with relu that look at the patches first, one after the other. Default: none. */
	readonly filters?: readonly number[] | undefined;
	/** Features of what was seen. Default 128. */
	readonly glimpseUnits?: number | undefined;
	/** Features of where it was seen. Default 128. */
	readonly locationUnits?: number | undefined;
	/** Features of both together. Default 256. */
	readonly units?: number | undefined;
	/** How both come together: by their sum, before the relu, or by the product of what relu leaves. Default `add`. */
	readonly combine?: "add" | "multiply" | undefined;
}

/** {@link GlimpseNetworkSizes} with their defaults. */
export type ResolvedGlimpseNetwork = {
	readonly [Name in keyof GlimpseNetworkSizes]-?: Exclude<GlimpseNetworkSizes[Name], undefined>;
};

/** The names of {@link GlimpseNetworkSizes}. */
export const glimpseNetworkNames = ["filters", "glimpseUnits", "locationUnits", "units", "combine"] as const;

/** Arguments of {@link glimpseNetwork}. */
export interface GlimpseNetworkArgs extends GlimpseSensorArgs, GlimpseNetworkSizes {}

/** Checks {@link GlimpseNetworkSizes} and fills in what is not given. */
export function resolveGlimpseNetwork(where: string, args: GlimpseNetworkSizes): ResolvedGlimpseNetwork {
	const { filters = [], glimpseUnits = 128, locationUnits = 128, units = 256, combine = "add" } = args;
	for (const [name, size] of Object.entries({ glimpseUnits, locationUnits, units })) {
		checkNumber(where, name, size, { integer: true, min: 1 });
	}
	checkChoice(where, "combine", combine, ["add", "multiply"]);
	checkFilters(where, "filters", filters);
	return { filters: [...filters], glimpseUnits, locationUnits, units, combine };
}

/** Refuses what is no list of numbers of channels. */
export function checkFilters(where: string, name: string, filters: readonly number[]): void {
	if (!Array.isArray(filters)) {
		const message = `\`${name}\` is ${JSON.stringify(filters)}; expected a list of numbers of channels, such as [16, 32].`;
		throw new HeedError("OPTION", where, message);
	}
	filters.forEach((count, i) => {
		checkNumber(where, `${name}[${i}]`, count, { integer: true, min: 1 });
	});
}

/** The features of a glimpse, `[batch, units]`. */
export type GlimpseFeatures = (patches: tf.Tensor4D, location: tf.Tensor2D) => tf.Tensor2D;

/** The network as a part of a model; `channels`: of all patches of a glimpse together. */
export function makeGlimpseNetwork(
	parameters: ParameterScope,
	channels: number,
	sizes: ResolvedGlimpseNetwork & { readonly patchSize: number },
): GlimpseFeatures {
	const { patchSize, filters, glimpseUnits, locationUnits, units, combine } = sizes;
	const features = patchSize ** 2 * (filters.at(-1) ?? channels);
	const convolve = makeConvolutionStack(parameters.scope("convolution"), channels, filters);
	const dense = (path: string, inputSize: number, outputSize: number) =>
		makeDense(parameters.scope(path), { inputSize, outputSize });
	const what = dense("what", features, glimpseUnits);
	const where = dense("where", 2, locationUnits);
	const fromWhat = dense("fromWhat", glimpseUnits, units);
	const fromWhere = dense("fromWhere", locationUnits, units);
	return (patches, location) => {
		const flat: tf.Tensor2D = tf.reshape(convolve(patches), [patches.shape[0], features]);
		const seen = fromWhat(tf.relu(what(flat))); // [B, units]
		const placed = fromWhere(tf.relu(where(location)));
		return combine === "add" ? tf.relu(tf.add(seen, placed)) : tf.mul(tf.relu(seen), tf.relu(placed));
	};
}

/**
 * What was seen at a place, and where, as one vector:
 *
 *     patches ← relu(conv3×3(patches))                       for each of `filters`
 *     g = relu(W₃ · relu(W₁ · patches + b₁) + b₃ + W₄ · relu(W₂ · l + b₂) + b₄)
 *     combine 'multiply'     g = relu(W₃ · relu(…) + b₃) ∘ relu(W₄ · relu(…) + b₄)
 *
 * Inputs, masks and windows: {@link GlimpseSensor}. Output `[batch, units]`. Weights: `what/kernel` W₁ [patchSize² · numScales ·
 * channels, glimpseUnits], or as many channels as the last convolution has, `convolution/0/kernel`, …, `where/kernel` W₂ [2, locationUnits], `fromWhat/kernel` W₃, `fromWhere/kernel` W₄ [… , units], a
 * `bias` beside each.
 *
 * Mnih, Heess, Graves, Kavukcuoglu 2014, "Recurrent Models of Visual Attention", https://arxiv.org/abs/1406.6247; the product:
 * Ba, Mnih, Kavukcuoglu 2014, "Multiple Object Recognition with Visual Attention", https://arxiv.org/abs/1412.7755
 *
 * When not to use it: for large patches without `filters`.
 *
 * @throws HeedError at construction, build or call.
 */
export class GlimpseNetwork extends GlimpseSensor {
	static override readonly className: string = "HeedGlimpseNetwork";
	readonly sizes: ResolvedGlimpseNetwork;
	#features: GlimpseFeatures | undefined;

	constructor(args: GlimpseNetworkArgs = {}) {
		super(args, glimpseNetworkNames);
		this.sizes = resolveGlimpseNetwork(this.where, args);
	}

	protected override addWeights(parts: LayerParts, sizes: ImageSizes): void {
		super.addWeights(parts, sizes);
		const { patchSize, numScales } = this.glimpse;
		this.#features = makeGlimpseNetwork(parts, numScales * sizes.channels, { ...this.sizes, patchSize });
	}

	protected override look(patches: tf.Tensor4D, location: tf.Tensor2D): tf.Tensor {
		return this.made(this.#features)(patches, location);
	}

	protected override shapeOfOutput(x: Shape): Shape {
		return [x[0] ?? null, this.sizes.units];
	}

	override getConfig(): tf.serialization.ConfigDict {
		return { ...super.getConfig(), ...this.sizes, filters: [...this.sizes.filters] };
	}
}
tf.serialization.registerClass(GlimpseNetwork);

/** Makes a {@link GlimpseNetwork} layer. */
export function glimpseNetwork(args: GlimpseNetworkArgs = {}): GlimpseNetwork {
	return new GlimpseNetwork(args);
}
