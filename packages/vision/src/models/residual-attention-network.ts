import { checkChoice, checkNumber, checkOptions, HeedError } from "@heed/core";
import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs-layers";
import type { MaskActivation } from "../mixed/mask-activation.ts";
import { residualAttentionModule } from "../mixed/residual-attention-module.ts";
import { type ResidualUnitArgs, resnextChannels, resolveUnit, unitNames } from "../mixed/residual-unit.ts";
import {
	type ConvolveOptions,
	classifier,
	imageModelNames,
	type MapModelArgs,
	type MapNetwork,
	mapNetwork,
	resolveImageModel,
} from "./map-network.ts";

/** Arguments of {@link residualAttentionNetwork}. */
export interface ResidualAttentionNetworkArgs extends MapModelArgs, ResidualUnitArgs {
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
 * A module's mask halves the map 3, 2 and 1 times. Under `captureAttention` every module records its mask.
 *
 * | network | arguments | weights |
 * | --- | --- | --- |
 * | Attention-56 | none | 31,810,728 |
 * | Attention-92 | `depth: 92` | 52,466,344 |
 * | AttentionNeXt-56 | `unit: 'resnext'` | 31,318,824 |
 *
 * As in the released prototxt of each are the order of what is in it, the channels, groups and strides, where norms and ReLUs stand,
 * and that no convolution has a bias: of `residual` units the norms stand in front, with one more behind the last unit; of `resnext`
 * units they stand behind, also on the way around where the size changes, the ReLU comes after the sum, and nothing follows the last
 * unit. The first maxima have PyTorch's padding, a pixel on each side. Weights are He's at first: none that were trained come along.
 *
 * Wang et al. 2017, "Residual Attention Network for Image Classification", https://arxiv.org/abs/1704.06904
 *
 * When not to use it: for speed. {@link seResnet} of 50 layers costs a third; its weights are known to fewer tools, too.
 *
 * @throws HeedError `OPTION`.
 *
 * @example
 * const next = residualAttentionNetwork({ unit: "resnext", inputShape: [32, 32, 3], stem: "small", classes: 10 });
 */
export function residualAttentionNetwork(args: ResidualAttentionNetworkArgs = {}): LayersModel {
	const where = "residualAttentionNetwork";
	const own = ["width", "stem", "depth", "activation", "residual", ...unitNames];
	checkOptions(where, args, [...imageModelNames, ...own]);
	const { depth = 56, width = 64, stem = "large", activation, residual } = args;
	checkChoice(where, "depth", `${depth}`, Object.keys(modulesOf));
	checkNumber(where, "width", width, { integer: true, min: 1 });
	checkChoice(where, "stem", stem, ["large", "small"]);
	const { unit, groups } = resolveUnit(where, args);
	const least = resnextChannels(4 * width);
	if (least % groups !== 0) {
		const message = `\`groups\` is ${groups}, but the first units have ${least} channels inside, twice the \`width\`. Use a divisor of ${least}.`;
		throw new HeedError("OPTION", where, message);
	}
	const makeUnit = unit === "resnext" ? resnextUnit : residualUnit;
	const resolved = resolveImageModel(where, args);
	const network = mapNetwork(resolved.seed);
	return classifier(args, resolved, (image) => {
		const start = network.stem(image, width, stem);
		const seen = modulesOf[depth].reduce<SymbolicTensor>((before, modules, stage) => {
			const outputs = 4 * width * 2 ** stage;
			const strides = stage === 0 ? 1 : 2;
			let x = makeUnit(network, before, { name: `stage${stage}_unit`, outputs, strides, groups });
			for (let i = 0; i < modules; i++) {
				const options = {
					...{ depth: 3 - stage, activation, residual },
					...(unit === "resnext" && { unit, groups }),
					...network.named(`stage${stage}_attention${i}`),
				};
				x = residualAttentionModule(options).apply(x) as SymbolicTensor;
			}
			return x;
		}, start);
		const last = [0, 1, 2].reduce((x, i) => {
			const strides = i === 0 ? 2 : 1;
			return makeUnit(network, x, { name: `last_unit${i}`, outputs: 32 * width, strides, groups });
		}, seen);
		return unit === "resnext" ? last : network.relu(network.norm(last, "last_norm"));
	});
}

interface UnitOptions {
	readonly name: string;
	readonly outputs: number;
	readonly strides: number;
	readonly groups: number;
}

/** A bottleneck with its norms in front; where it changes the size, the way around starts behind the first norm. */
function residualUnit(network: MapNetwork, x: SymbolicTensor, options: UnitOptions): SymbolicTensor {
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

/** A bottleneck with its norms behind, and one on the way around where that is a convolution. */
function resnextUnit(network: MapNetwork, x: SymbolicTensor, options: UnitOptions): SymbolicTensor {
	const { name, outputs, strides, groups } = options;
	const filters = resnextChannels(outputs);
	const normed = (seen: SymbolicTensor, step: Omit<ConvolveOptions, "name">, i: number | "around") =>
		network.norm(network.convolve(seen, { ...step, name: `${name}_conv${i}` }), `${name}_norm${i}`);
	const reduced = network.relu(normed(x, { filters, size: 1 }, 0));
	const seen = network.relu(normed(reduced, { filters, size: 3, strides, groups }, 1));
	const branch = normed(seen, { filters: outputs, size: 1 }, 2);
	const kept = strides === 1 && x.shape.at(-1) === outputs;
	const around = kept ? x : normed(x, { filters: outputs, size: 1, strides }, "around");
	return network.relu(network.add(branch, around));
}
