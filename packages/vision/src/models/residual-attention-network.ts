import { checkChoice, checkNumber, checkOptions } from "@heed/core";
import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs-layers";
import type { MaskActivation } from "../mixed/mask-activation.ts";
import { residualAttentionModule } from "../mixed/residual-attention-module.ts";
import {
	classifier,
	imageModelNames,
	type MapModelArgs,
	type MapNetwork,
	mapNetwork,
	resolveImageModel,
} from "./map-network.ts";

/** Arguments of {@link residualAttentionNetwork}. */
export interface ResidualAttentionNetworkArgs extends MapModelArgs {
	/** 56 (default): one module in each of three stages; 92: one, two and three. */
	readonly depth?: 56 | 92 | undefined;
	/** What becomes of the scores of a mask. Default `mixed`. */
	readonly activation?: MaskActivation | undefined;
	/** `(1 + mask) · trunk` (default); false: `mask · trunk`. */
	readonly residual?: boolean | undefined;
}

const modulesOf = { 56: [1, 1, 1], 92: [1, 2, 3] } as const;

/**
 * The residual attention network, as a `tf.layers` model: images `[batch, height, width, channels]` to probabilities of classes
 * `[batch, classes]`.
 *
 *     stem, then three times: a unit that doubles the channels (the first: to 4 · width), attention modules; three units, norm, mean
 *
 * The units have their norms in front; a module's mask halves the map 3, 2 and 1 times. The topology is that of the released
 * Attention-56 and 92. Under `captureAttention` every module records its mask.
 *
 * Wang et al. 2017, "Residual Attention Network for Image Classification", https://arxiv.org/abs/1704.06904
 *
 * When not to use it: for speed. {@link seResnet} of 50 layers costs a third; its weights are known to fewer tools, too.
 *
 * @throws HeedError `OPTION`.
 */
export function residualAttentionNetwork(args: ResidualAttentionNetworkArgs = {}): LayersModel {
	const where = "residualAttentionNetwork";
	checkOptions(where, args, [...imageModelNames, "width", "stem", "depth", "activation", "residual"]);
	const { depth = 56, width = 64, stem = "large", activation, residual } = args;
	checkChoice(where, "depth", `${depth}`, Object.keys(modulesOf));
	checkNumber(where, "width", width, { integer: true, min: 1 });
	checkChoice(where, "stem", stem, ["large", "small"]);
	const resolved = resolveImageModel(where, args);
	const network = mapNetwork(resolved.seed);
	return classifier(args, resolved, (image) => {
		const start = network.stem(image, width, stem);
		const seen = modulesOf[depth].reduce<SymbolicTensor>((before, modules, stage) => {
			const outputs = 4 * width * 2 ** stage;
			const strides = stage === 0 ? 1 : 2;
			let x = unit(network, before, { name: `stage${stage}_unit`, outputs, strides });
			for (let i = 0; i < modules; i++) {
				const options = {
					depth: 3 - stage,
					activation,
					residual,
					...network.named(`stage${stage}_attention${i}`),
				};
				x = residualAttentionModule(options).apply(x) as SymbolicTensor;
			}
			return x;
		}, start);
		const last = [0, 1, 2].reduce((x, i) => {
			return unit(network, x, { name: `last_unit${i}`, outputs: 32 * width, strides: i === 0 ? 2 : 1 });
		}, seen);
		return network.relu(network.norm(last, "last_norm"));
	});
}

/** A bottleneck with its norms in front; where it changes the size, the way around starts behind the first norm. */
function unit(
	network: MapNetwork,
	x: SymbolicTensor,
	options: { readonly name: string; readonly outputs: number; readonly strides: number },
): SymbolicTensor {
	const { name, outputs, strides } = options;
	const hidden = outputs / 4;
	const active = network.relu(network.norm(x, `${name}_norm0`));
	const reduced = network.convolve(active, { name: `${name}_conv0`, filters: hidden, size: 1 });
	const between = network.relu(network.norm(reduced, `${name}_norm1`));
	const seen = network.convolve(between, { name: `${name}_conv1`, filters: hidden, size: 3, strides });
	const wide = network.relu(network.norm(seen, `${name}_norm2`));
	const branch = network.convolve(wide, { name: `${name}_conv2`, filters: outputs, size: 1 });
	const kept = strides === 1 && x.shape.at(-1) === outputs;
	const around = kept
		? x
		: network.convolve(active, { name: `${name}_around`, filters: outputs, size: 1, strides });
	return network.add(branch, around);
}
