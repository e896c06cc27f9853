import { checkFlag, checkNumber, checkOptions, HeedError } from "@heed/core";
import { type ActivationName, activationByName } from "@heed/layers";
import { DecoderLM } from "../models/decoder-lm.ts";
import { gptConfig } from "../models/decoder-lm-config.ts";
import {
	type Imported,
	type ImportOptions,
	type NamedTensors,
	WeightFile,
	type WeightSource,
} from "./import-weights.ts";

/** What {@link decoderLMFromGpt2} accepts: what the weights do not tell. */
export interface Gpt2ImportOptions extends ImportOptions {
	/** Number of heads, `n_head`. */
	readonly numHeads: number;
	/** Default: that of the program the file comes from, `geluTanh` of Hugging Face's and `gelu` of nanoGPT's. */
	readonly activation?: ActivationName | undefined;
	/** `layer_norm_epsilon`. Default 1e-5. */
	readonly epsilon?: number | undefined;
}

/**
 * A `DecoderLM` from the weights of a GPT-2 by their names, `transformer.h.0.attn.c_attn.weight` and so on, with or without
 * `transformer.` and `_orig_mod.` before them. Both writers are read, and told apart by the shape of `c_attn`: Hugging Face's
 * `[in, out]`, and nanoGPT's `[out, in]`, which may be without biases. All sizes but the number of heads are read from the
 * shapes. The output is tied, so `lm_head.weight` is the table again and not read; nor are the buffers of causal masks.
 *
 * @param tensors float32; the caller goes on owning them.
 * @throws HeedError `OPTION`; `VALUE` for missing and unused weights; `SHAPE`, `DTYPE`. No tensor stays behind.
 */
export function decoderLMFromGpt2(tensors: NamedTensors, options: Gpt2ImportOptions): Imported<DecoderLM> {
	const where = "decoderLMFromGpt2";
	checkOptions(where, options, ["numHeads", "activation", "epsilon", "strict"]);
	const { numHeads, epsilon = 1e-5, strict = true } = options;
	checkNumber(where, "numHeads", numHeads, { integer: true, min: 1 });
	checkFlag(where, "strict", strict);
	if (options.activation !== undefined) activationByName(where, options.activation);
	const file = new WeightFile(where, tensors, ["transformer."]);
	const layers = file.count("h.");
	const [vocabularySize = 0, modelDim = 0] = file.shapeOf("wte.weight", ["vocabulary", "dim"]);
	const [maxLength = 0] = file.shapeOf("wpe.weight", ["positions", "dim"]);
	const [rows = 0, columns = 0] = file.shapeOf("h.0.attn.c_attn.weight", ["in", "out"]);
	const transpose = rows === 3 * modelDim && columns === modelDim;
	const [hidden = 0, hiddenIn = 0] = file.shapeOf("h.0.mlp.c_fc.weight", ["in", "out"]);
	if (modelDim % numHeads !== 0) {
		const message = `\`numHeads\` is ${numHeads}; ${modelDim} features cannot be cut into so many heads.`;
		throw new HeedError("OPTION", where, message);
	}
	const useBias = file.has("h.0.attn.c_attn.bias");
	const config = gptConfig({
		...{ vocabularySize, modelDim, layers, numHeads, maxLength, useBias, epsilon },
		hiddenDim: transpose ? hidden : hiddenIn,
		activation: options.activation ?? (transpose ? "gelu" : "geluTanh"),
	});
	const sources: Record<string, WeightSource> = {
		embedding: { name: "wte.weight" },
		positions: { name: "wpe.weight" },
		...norm("norm", "ln_f", useBias),
	};
	for (let i = 0; i < layers; i++) {
		const block = `blocks/${i}`;
		const dense = (own: string, name: string, part?: WeightSource["part"]): void => {
			sources[`${block}/${own}/kernel`] = { name: `h.${i}.${name}.weight`, transpose, part };
			if (useBias) sources[`${block}/${own}/bias`] = { name: `h.${i}.${name}.bias`, part };
		};
		["query", "key", "value"].forEach((side, index) => {
			dense(`self_attention/${side}`, "attn.c_attn", { index, of: 3 });
		});
		dense("self_attention/attention_output", "attn.c_proj");
		dense("feed_forward/in", "mlp.c_fc");
		dense("feed_forward/out", "mlp.c_proj");
		Object.assign(sources, norm(`${block}/self_attention_norm`, `h.${i}.ln_1`, useBias));
		Object.assign(sources, norm(`${block}/feed_forward_norm`, `h.${i}.ln_2`, useBias));
	}
	return file.load(() => new DecoderLM(config), sources, isNoWeight, strict);
}

/** Without biases nanoGPT has none here either; the model's stays at 0. */
function norm(own: string, name: string, useBias: boolean): Record<string, WeightSource> {
	const gamma = { [`${own}/gamma`]: { name: `${name}.weight` } };
	return useBias ? { ...gamma, [`${own}/beta`]: { name: `${name}.bias` } } : gamma;
}

/** The output, which is tied, and the buffers of masks: `attn.bias` is one, for all its name. */
function isNoWeight(name: string): boolean {
	return name === "lm_head.weight" || /^h\.\d+\.attn\.(bias|masked_bias)$/.test(name);
}
