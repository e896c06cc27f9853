import { checkOptions, HeedError } from "@heed/core";
import type { LayersModel } from "@tensorflow/tfjs-layers";
import type { AttentionOptions, ImageAttentionName } from "../create-attention.ts";
import { type AttentionChoice, buildResnet, plainResnetNames, type ResnetArgs } from "./resnet.ts";

/**
 * A builder of models with one attention put into it: `withAttention(resnet, "eca")({ depth: 18 })`.
 *
 * When not to use it: once; `resnet({ attention: { name: "eca" } })` says the same.
 *
 * @param build A function that takes `attention` and makes a model.
 * @throws HeedError `OPTION` where that is no function; the builder for arguments that are none, or with another `attention`.
 */
export function withAttention<
	Args extends { readonly attention?: ResnetArgs["attention"] },
	N extends ImageAttentionName,
>(
	build: (args: Args) => LayersModel,
	name: N,
	options: AttentionOptions<N> = {} as AttentionOptions<N>,
): (args?: Omit<Args, "attention">) => LayersModel {
	const where = "withAttention";
	if (typeof build !== "function") {
		const message = `\`build\` is ${JSON.stringify(build) ?? String(build)}; expected a function that makes a model, such as resnet.`;
		throw new HeedError("OPTION", where, message);
	}
	const attention = { name, options } as AttentionChoice;
	return (args = {} as Omit<Args, "attention">) => {
		if (typeof args !== "object" || args === null) {
			const message = `the options of the model are ${String(args)}; expected an object, or nothing.`;
			throw new HeedError("OPTION", where, message);
		}
		if ("attention" in args && args.attention !== undefined) {
			const message = `\`attention\` is given, but is '${name}' already. Leave it out, or call ${build.name || "the function"} itself.`;
			throw new HeedError("OPTION", where, message);
		}
		return build({ ...args, attention } as unknown as Args);
	};
}

/** Arguments of the residual networks with a fixed attention: its options are a part of them. */
export interface AttentionResnetArgs<N extends ImageAttentionName>
	extends Omit<ResnetArgs, "attention" | "place"> {
	/** Of the attention. */
	readonly attentionOptions?: AttentionOptions<N> | undefined;
}

/**
 * A {@link resnet} with squeeze-and-excitation in every block.
 *
 * Hu et al. 2017, "Squeeze-and-Excitation Networks", https://arxiv.org/abs/1709.01507
 *
 * When not to use it: where its weights are too many, 10 % more at a depth of 50; `attention: { name: 'eca' }` adds 80 numbers.
 *
 * @throws HeedError as {@link resnet}, and `OPTION` for `attention` and `place`, which are fixed.
 */
export function seResnet(args: AttentionResnetArgs<"squeezeExcite"> = {}): LayersModel {
	return fixedResnet("seResnet", args, { name: "squeezeExcite", place: "block" });
}

/**
 * A {@link resnet} with CBAM in every block. As in the released code the norm of its pixels starts with a factor of 0: every
 * pixel first counts for one half.
 *
 * Woo et al. 2018, "CBAM: Convolutional Block Attention Module", https://arxiv.org/abs/1807.06521
 *
 * When not to use it: as {@link cbam}.
 *
 * @throws HeedError as {@link resnet}, and `OPTION` for `attention` and `place`, which are fixed.
 */
export function cbamResnet(args: AttentionResnetArgs<"cbam"> = {}): LayersModel {
	const options = { gammaInitializer: "zeros" };
	return fixedResnet("cbamResnet", args, { name: "cbam", place: "block", options });
}

/**
 * A {@link resnet} with BAM after its first three stages.
 *
 * Park et al. 2018, "BAM: Bottleneck Attention Module", https://arxiv.org/abs/1807.06514
 *
 * When not to use it: as {@link bam}.
 *
 * @throws HeedError as {@link resnet}, and `OPTION` for `attention` and `place`, which are fixed.
 */
export function bamResnet(args: AttentionResnetArgs<"bam"> = {}): LayersModel {
	return fixedResnet("bamResnet", args, { name: "bam", place: "stage" });
}

/** What a residual network with a fixed attention has of its own. */
interface Fixed<N extends ImageAttentionName> {
	readonly name: N;
	readonly place: "block" | "stage";
	/** Defaults that differ from those of the attention. */
	readonly options?: object;
}

function fixedResnet<N extends ImageAttentionName>(
	where: string,
	args: AttentionResnetArgs<N>,
	{ name, place, options }: Fixed<N>,
): LayersModel {
	const refuse = (message: string): never => {
		throw new HeedError("OPTION", where, message);
	};
	const known = [...plainResnetNames, "attentionOptions"];
	const own = { attention: `{ name: '${name}' }`, place: `'${place}'` };
	for (const [option, value] of Object.entries(own)) {
		if (typeof args !== "object" || args === null || !(option in args)) continue;
		const more = option === "attention" ? "`attentionOptions` for other options of it, or " : "";
		refuse(`\`${option}\` is always ${value} here. Use ${more}resnet, which takes \`${option}\`.`);
	}
	checkOptions(where, args, known);
	const { attentionOptions = {}, ...rest } = args;
	if (typeof attentionOptions !== "object" || attentionOptions === null) {
		refuse(
			`\`attentionOptions\` is ${String(attentionOptions)}; expected an object with options of ${name}.`,
		);
	}
	const attention = { name, options: { ...options, ...attentionOptions } } as AttentionChoice;
	return buildResnet(where, { ...rest, attention, place });
}
