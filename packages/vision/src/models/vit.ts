import { checkChoice, checkOptions, HeedError } from "@heed/core";
import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs-layers";
import { patchEmbedding } from "../token/patch-embedding.ts";
import { tokenPooling } from "../token/token-pooling.ts";
import { vitEncoder } from "../token/vit-encoder.ts";
import {
	classifier,
	type ImageModelArgs,
	imageModelNames,
	mapNetwork,
	resolveImageModel,
} from "./map-network.ts";

/** Arguments of {@link vit}. */
export interface VitArgs extends ImageModelArgs {
	/** Pixels on a side of a patch, of which height and width are multiples. Default 16. */
	readonly patchSize?: number | undefined;
	/** Features of a token. Default 768. */
	readonly modelDim?: number | undefined;
	/** How many blocks. Default 12. */
	readonly depth?: number | undefined;
	/** Default 12. */
	readonly numHeads?: number | undefined;
	/** Features in the middle of the feed-forward networks. Default 4 · `modelDim`. */
	readonly hiddenDim?: number | undefined;
	/** Share that `fit` drops. Default 0. */
	readonly dropout?: number | undefined;
	/**
	 * The class token (default); the `mean` of the patches; or `attention`, one trained query that asks them, with a network behind
	 * it, as in ViT-G and SigLIP. The last two have no class token.
	 */
	readonly pool?: "class" | "mean" | "attention" | undefined;
}

/**
 * A vision Transformer, as a `tf.layers` model: images `[batch, height, width, channels]` to probabilities of classes
 * `[batch, classes]`. The defaults are ViT-B/16 for images of 224 pixels, with 86,567,656 weights.
 *
 *     patches as tokens, a class token, positions → blocks → norm → class token, mean or attention → dense
 *
 * Under `captureAttention` every block records where every patch looked, of kind `multiHeadAttention`.
 *
 * Dosovitskiy et al. 2020, "An Image is Worth 16x16 Words: Transformers for Image Recognition at Scale",
 * https://arxiv.org/abs/2010.11929
 *
 * When not to use it: for few images to train on, where convolutions, {@link resnet}, know more from the start.
 *
 * @throws HeedError `OPTION`, also for an `inputShape` of unknown height or width; `SHAPE`.
 */
export function vit(args: VitArgs = {}): LayersModel {
	const where = "vit";
	const own = ["patchSize", "modelDim", "depth", "numHeads", "hiddenDim", "dropout", "pool"];
	checkOptions(where, args, [...imageModelNames, ...own]);
	const { patchSize = 16, modelDim = 768, depth = 12, numHeads = 12, dropout = 0, pool = "class" } = args;
	const { hiddenDim = 4 * modelDim } = args;
	checkChoice(where, "pool", pool, ["class", "mean", "attention"]);
	const resolved = resolveImageModel(where, args);
	const [height, width, channels] = resolved.inputShape;
	if (typeof height !== "number" || typeof width !== "number") {
		const message = `\`inputShape\` is ${JSON.stringify(resolved.inputShape)}; expected known height and width, as every patch has a position of its own. Give the size, such as [224, 224, ${channels}].`;
		throw new HeedError("OPTION", where, message);
	}
	const { named } = mapNetwork(resolved.seed);
	return classifier(args, resolved, (image) => {
		const classToken = pool === "class";
		const embedding = patchEmbedding({ patchSize, modelDim, classToken, ...named("patches") });
		const encoder = vitEncoder({ depth, numHeads, hiddenDim, dropout, ...named("encoder") });
		const tokens = encoder.apply(embedding.apply(image) as SymbolicTensor) as SymbolicTensor;
		const head = pool === "attention" ? { numHeads, hiddenDim } : {};
		return tokenPooling({ pool, ...head, ...named("pooling") }).apply(tokens) as SymbolicTensor;
	});
}
