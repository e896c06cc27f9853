import { checkChoice, checkNumber, HeedError } from "@heed/core";
import { seedFor } from "@heed/layers";
import {
	initializers,
	input,
	type LayersModel,
	layers,
	model,
	type SymbolicTensor,
} from "@tensorflow/tfjs-layers";
import { convolution2dLayer } from "./convolution-2d-layer.ts";

/** What every model on images takes. */
export interface ImageModelArgs {
	/** Height, width and channels of the images. Default `[224, 224, 3]`. */
	readonly inputShape?: readonly [height: number | null, width: number | null, channels: number] | undefined;
	/** How many classes come out. Default 1000. */
	readonly classes?: number | undefined;
	/** Default `softmax`; `linear` for a loss that takes scores. */
	readonly classActivation?: "softmax" | "linear" | undefined;
	/** Of the initial weights. Without one they differ from run to run. */
	readonly seed?: number | undefined;
	/** The name of the model. */
	readonly name?: string | undefined;
}

/** The names of {@link ImageModelArgs}. */
export const imageModelNames = ["inputShape", "classes", "classActivation", "seed", "name"] as const;

/** What the networks of convolutions take. */
export interface MapModelArgs extends ImageModelArgs {
	/** Channels of the first stage's inner convolutions; the others follow. Default 64. */
	readonly width?: number | undefined;
	/** `large` (default): 7×7, every second pixel, and maxima of 3×3; `small`: 3×3, for images of some 30 pixels a side. */
	readonly stem?: "large" | "small" | undefined;
}

/** {@link ImageModelArgs} with their defaults. */
export interface ResolvedImageModel {
	readonly inputShape: readonly (number | null)[];
	readonly classes: number;
	readonly classActivation: "softmax" | "linear";
	readonly seed: number | undefined;
}

/** Checks {@link ImageModelArgs} and fills in what is not given. */
export function resolveImageModel(where: string, args: ImageModelArgs): ResolvedImageModel {
	const { inputShape = [224, 224, 3], classes = 1000, classActivation = "softmax", seed } = args;
	if (!Array.isArray(inputShape) || inputShape.length !== 3 || typeof inputShape[2] !== "number") {
		const message = `\`inputShape\` is ${JSON.stringify(inputShape)}; expected [height, width, channels] with known channels.`;
		throw new HeedError("OPTION", where, message);
	}
	checkNumber(where, "classes", classes, { integer: true, min: 1 });
	checkChoice(where, "classActivation", classActivation, ["softmax", "linear"]);
	if (seed !== undefined) checkNumber(where, "seed", seed, { integer: true, min: 0 });
	return { inputShape, classes, classActivation, seed };
}

/** Layers of a network of convolutions, each with a name and a seed of its own. */
export interface MapNetwork {
	/** Without a bias; `strides` 2 takes every second pixel, as PyTorch does with half of `size` as padding. */
	convolve(x: SymbolicTensor, options: ConvolveOptions): SymbolicTensor;
	norm(x: SymbolicTensor, name: string): SymbolicTensor;
	relu(x: SymbolicTensor): SymbolicTensor;
	add(x: SymbolicTensor, y: SymbolicTensor): SymbolicTensor;
	/** The first layers, with a norm and a ReLU, and with maxima for large images. */
	stem(x: SymbolicTensor, filters: number, stem: "large" | "small"): SymbolicTensor;
	/** A seed and a name for a layer. */
	named(name: string): { readonly name: string; readonly seed?: number };
}

/** What {@link MapNetwork.convolve} takes. */
export interface ConvolveOptions {
	readonly name: string;
	readonly filters: number;
	readonly size: number;
	readonly strides?: number | undefined;
	readonly groups?: number | undefined;
}

/** Makes layers, all of which train on every backend. */
export function mapNetwork(seed: number | undefined): MapNetwork {
	const named = (name: string): { readonly name: string; readonly seed?: number } =>
		seed === undefined ? { name } : { name, seed: seedFor(seed, name) };
	const network: MapNetwork = {
		named,
		convolve: (x, { name, filters, size, strides = 1, groups = 1 }) => {
			const options = { filters, kernelSize: size, strides, padding: (size - 1) / 2, groups, useBias: false };
			return convolution2dLayer({ ...named(name), ...options }).apply(x) as SymbolicTensor;
		},
		norm: (x, name) =>
			layers.batchNormalization({ name, momentum: 0.9, epsilon: 1e-5 }).apply(x) as SymbolicTensor,
		relu: (x) => layers.activation({ activation: "relu" }).apply(x) as SymbolicTensor,
		add: (x, y) => layers.add().apply([x, y]) as SymbolicTensor,
		stem: (x, filters, stem) => {
			const large = stem === "large";
			const size = large ? { size: 7, strides: 2 } : { size: 3 };
			const seen = network.convolve(x, { name: "stem_conv", filters, ...size });
			const active = network.relu(network.norm(seen, "stem_norm"));
			if (!large) return active;
			// Zeros around it are no larger than anything behind a ReLU.
			const padded = layers.zeroPadding2d({ padding: [1, 1] }).apply(active);
			return layers.maxPooling2d({ poolSize: 3, strides: 2 }).apply(padded) as SymbolicTensor;
		},
	};
	return network;
}

/** The model from an image to its classes, of a network that ends in a map or in one row. */
export function classifier(
	args: ImageModelArgs,
	resolved: ResolvedImageModel,
	build: (x: SymbolicTensor) => SymbolicTensor,
): LayersModel {
	const { inputShape, classes, classActivation, seed } = resolved;
	const x = input({ shape: [...inputShape] });
	const found = build(x);
	const row = found.shape.length === 4 ? layers.globalAveragePooling2d({}).apply(found) : found;
	const kernelInitializer = initializers.glorotUniform({ seed: seedFor(seed, "classes") });
	const last = layers.dense({
		name: "classes",
		units: classes,
		activation: classActivation,
		kernelInitializer,
	});
	const { name } = args;
	return model({
		inputs: x,
		outputs: last.apply(row) as SymbolicTensor,
		...(name !== undefined && { name }),
	});
}
