import { checkChoice, checkNumber, checkOptions, HeedError } from "@heed/core";
import type { LayersModel, SymbolicTensor } from "@tensorflow/tfjs-layers";
import {
	type AttentionOptions,
	attentionNames,
	createAttention,
	type ImageAttentionName,
} from "../create-attention.ts";
import { ImageAttention } from "../image-attention.ts";
import type { VisionAttention } from "../vision-attention.ts";
import {
	classifier,
	imageModelNames,
	type MapModelArgs,
	type MapNetwork,
	mapNetwork,
	resolveImageModel,
} from "./map-network.ts";

/** An attention by its name, with its options. */
export type AttentionChoice = {
	readonly [N in ImageAttentionName]: {
		readonly name: N;
		readonly options?: AttentionOptions<N> | undefined;
	};
}[ImageAttentionName];

/** Arguments of {@link resnet}. */
export interface ResnetArgs extends MapModelArgs {
	/** How many layers. Default 50. */
	readonly depth?: 18 | 34 | 50 | 101 | 152 | undefined;
	/** Which attention stands in the network, or for each stage (0 to 3) another. Default: none. */
	readonly attention?: AttentionChoice | ((stage: number) => AttentionChoice | undefined) | undefined;
	/** On the branch of every `block`, before it is added (default), or once after every `stage` but the last. */
	readonly place?: "block" | "stage" | undefined;
}

const blocksOf = {
	18: [2, 2, 2, 2],
	34: [3, 4, 6, 3],
	50: [3, 4, 6, 3],
	101: [3, 4, 23, 3],
	152: [3, 8, 36, 3],
} as const;

/**
 * A residual network for images, with an attention of your choice, as a `tf.layers` model: images `[batch, height, width, channels]` to
 * probabilities of classes `[batch, classes]`.
 *
 *     x ← relu(x + attention(branch(x)))        branch: 3×3, 3×3 (18, 34) or 1×1, 3×3, 1×1 (50 and more), each with a norm
 *
 * It is torchvision's network, with its padding and the stride at the 3×3. It trains on every backend; on wasm `@heed/backend-wasm`
 * makes its convolutions faster.
 *
 * He et al. 2015, "Deep Residual Learning for Image Recognition", https://arxiv.org/abs/1512.03385
 *
 * When not to use it: with pretrained weights in mind: none come with it.
 *
 * @throws HeedError `OPTION`, also for an attention that asks for a second input or changes the size of the map; `SHAPE` for one that
 * does not fit.
 *
 * @example
 * const model = resnet({ depth: 18, inputShape: [32, 32, 3], stem: "small", classes: 10, attention: { name: "eca" } });
 */
export function resnet(args: ResnetArgs = {}): LayersModel {
	checkOptions("resnet", args, [...plainResnetNames, "attention", "place"]);
	return buildResnet("resnet", args);
}

/** The names of {@link ResnetArgs} that say nothing of its attention. */
export const plainResnetNames: readonly string[] = [...imageModelNames, "width", "stem", "depth"];

/** A {@link resnet} whose errors name the function that was called, which has refused names it does not know. */
export function buildResnet(where: string, args: ResnetArgs): LayersModel {
	const { depth = 50, width = 64, stem = "large", place = "block", attention } = args;
	checkChoice(where, "depth", `${depth}`, Object.keys(blocksOf));
	checkNumber(where, "width", width, { integer: true, min: 1 });
	checkChoice(where, "stem", stem, ["large", "small"]);
	checkChoice(where, "place", place, ["block", "stage"]);
	const resolved = resolveImageModel(where, args);
	const of = (stage: number): AttentionChoice | undefined =>
		typeof attention === "function" ? attention(stage) : attention;
	for (let stage = 0; stage < 4; stage++) {
		const choice = of(stage);
		if (choice !== undefined) checkAttention(where, choice);
	}
	const network = mapNetwork(resolved.seed);
	return classifier(args, resolved, (image) => {
		const start = network.stem(image, width, stem);
		return blocksOf[depth].reduce<SymbolicTensor>((seen, blocks, stage) => {
			const inside = place === "block" ? of(stage) : undefined;
			const sizes = { filters: width * 2 ** stage, deep: depth >= 50, attention: inside };
			let x = seen;
			for (let block = 0; block < blocks; block++) {
				const strides = block === 0 && stage > 0 ? 2 : 1;
				x = residualBlock(network, x, { ...sizes, strides, name: `stage${stage}_block${block}` });
			}
			const after = place === "stage" && stage < 3 ? of(stage) : undefined;
			return attend(network, x, after, `stage${stage}`);
		}, start);
	});
}

interface BlockOptions {
	readonly name: string;
	readonly filters: number;
	readonly strides: number;
	readonly deep: boolean;
	readonly attention: AttentionChoice | undefined;
}

function residualBlock(network: MapNetwork, x: SymbolicTensor, options: BlockOptions): SymbolicTensor {
	const { name, filters, strides, deep, attention } = options;
	const outputs = deep ? 4 * filters : filters;
	const steps = deep
		? [
				{ filters, size: 1 },
				{ filters, size: 3, strides },
				{ filters: outputs, size: 1 },
			]
		: [
				{ filters, size: 3, strides },
				{ filters, size: 3 },
			];
	const branch = steps.reduce((seen, step, i) => {
		const input = i === 0 ? seen : network.relu(seen);
		const convolved = network.convolve(input, { ...step, name: `${name}_conv${i}` });
		return network.norm(convolved, `${name}_norm${i}`);
	}, x);
	const kept = strides === 1 && x.shape.at(-1) === outputs;
	const around = kept
		? x
		: network.norm(
				network.convolve(x, { name: `${name}_around_conv`, filters: outputs, size: 1, strides }),
				`${name}_around_norm`,
			);
	return network.relu(network.add(attend(network, branch, attention, name), around));
}

function attend(
	network: MapNetwork,
	x: SymbolicTensor,
	attention: AttentionChoice | undefined,
	name: string,
): SymbolicTensor {
	if (attention === undefined) return x;
	const options = { ...attention.options, ...network.named(`${name}_attention`) };
	return createAttention(attention.name, options as AttentionOptions<ImageAttentionName>).apply(
		x,
	) as SymbolicTensor;
}

/** Refuses an attention that is none or that does not make one map of the same sizes of one map alone, before any weight is made. */
function checkAttention(where: string, choice: AttentionChoice): void {
	if (typeof choice !== "object" || choice === null) {
		const example = typeof choice === "string" ? choice : "se";
		const message = `\`attention\` is ${JSON.stringify(choice) ?? String(choice)}; expected an object such as { name: "${example}" }, or a function from a stage to one.`;
		throw new HeedError("OPTION", where, message);
	}
	const { name, options } = choice;
	const layer: VisionAttention = createAttention(name, options as AttentionOptions<ImageAttentionName>);
	const refuse = (message: string): never => {
		const fitting = attentionNames.filter((known) => {
			const other: VisionAttention = createAttention(known);
			return !other.takesQuery && keepsMaps(other);
		});
		const list = fitting.map((known) => `'${known}'`).join(", ");
		throw new HeedError("OPTION", where, `\`attention\` '${name}' ${message} Possible as they are: ${list}.`);
	};
	if (layer.takesQuery) refuse("takes a second input, which a residual network does not have.");
	if (keepsMaps(layer)) return;
	refuse(
		"gives something else than one map of the size of its own. Leave out options that change that, such as `returnAttention` and `reduce`; captureAttention gets the maps.",
	);
}

/** Whether one image alone becomes one of the same sizes. */
function keepsMaps(layer: VisionAttention): boolean {
	const map = [null, 8, 8, 8];
	return layer instanceof ImageAttention && `${layer.computeOutputShape(map)}` === `${map}`;
}
