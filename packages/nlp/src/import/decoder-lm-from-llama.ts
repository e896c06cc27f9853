import { checkChoice, checkFlag, checkNumber, checkOptions, HeedError } from "@heed/core";
import { DecoderLM } from "../models/decoder-lm.ts";
import { llamaConfig } from "../models/decoder-lm-config.ts";
import {
	type Imported,
	type ImportOptions,
	type NamedTensors,
	WeightFile,
	type WeightSource,
} from "./import-weights.ts";

/** What {@link decoderLMFromLlama} accepts: what the weights do not tell. */
export interface LlamaImportOptions extends ImportOptions {
	/** Number of query heads, `num_attention_heads`. */
	readonly numHeads: number;
	/**
	 * Which features of a head turn together: the two halves, as in files of Hugging Face (default), or neighbours, as in Meta's
	 * and llama2.c's. The wrong one gives fluent nonsense and no error.
	 */
	readonly rotaryLayout?: "half" | "interleaved" | undefined;
	/** `rope_theta`. Default 10000. */
	readonly rotaryBase?: number | undefined;
	/** `rms_norm_eps`. Default 1e-5. */
	readonly epsilon?: number | undefined;
	/** `max_position_embeddings`. Default: no limit. */
	readonly maxLength?: number | undefined;
	/** `sliding_window`, which counts the position itself. Default: none. */
	readonly slidingWindow?: number | undefined;
}

const known = ["numHeads", "rotaryLayout", "rotaryBase", "epsilon", "maxLength", "slidingWindow", "strict"];

/**
 * A `DecoderLM` from the weights of a Llama or Mistral by their names at Hugging Face: `model.embed_tokens.weight`,
 * `model.layers.0.self_attn.q_proj.weight` and so on, `[out, in]`. All sizes but the number of heads are read from the
 * shapes; without `lm_head.weight` the output is tied; with `q_norm.weight` and `k_norm.weight` queries and keys are normed.
 *
 * When not to use it: for models that scale their rotary angles (Llama 3.1 and later, `rope_scaling`) or have biases in the
 * projections (Qwen 2).
 *
 * @param tensors float32; the caller goes on owning them.
 * @throws HeedError `OPTION`; `VALUE` for missing and unused weights; `SHAPE`, `DTYPE`. No tensor stays behind.
 */
export function decoderLMFromLlama(tensors: NamedTensors, options: LlamaImportOptions): Imported<DecoderLM> {
	const where = "decoderLMFromLlama";
	checkOptions(where, options, known);
	const { numHeads, rotaryLayout = "half", rotaryBase = 10000, strict = true, slidingWindow } = options;
	checkNumber(where, "numHeads", numHeads, { integer: true, min: 1 });
	checkChoice(where, "rotaryLayout", rotaryLayout, ["half", "interleaved"]);
	checkNumber(where, "rotaryBase", rotaryBase, { above: 0 });
	checkFlag(where, "strict", strict);
	if (slidingWindow !== undefined) {
		checkNumber(where, "slidingWindow", slidingWindow, { integer: true, min: 1 });
	}
	const file = new WeightFile(where, tensors, ["model."]);
	const layers = file.count("layers.");
	const [vocabularySize = 0, modelDim = 0] = file.shapeOf("embed_tokens.weight", ["vocabulary", "dim"]);
	const [queryDim = 0] = file.shapeOf("layers.0.self_attn.q_proj.weight", ["out", "in"]);
	const [keyDim = 0] = file.shapeOf("layers.0.self_attn.k_proj.weight", ["out", "in"]);
	const [hiddenDim = 0] = file.shapeOf("layers.0.mlp.gate_proj.weight", ["out", "in"]);
	const headDim = queryDim / numHeads;
	const numKeyValueHeads = keyDim / headDim;
	if (!Number.isInteger(headDim) || !Number.isInteger(numKeyValueHeads)) {
		const message = `\`numHeads\` is ${numHeads}; queries of ${queryDim} and keys of ${keyDim} features cannot be cut into such heads.`;
		throw new HeedError("OPTION", where, message);
	}
	const queryKeyNorm = file.has("layers.0.self_attn.q_norm.weight");
	const tieOutput = !file.has("lm_head.weight");
	const config = llamaConfig({
		...{ vocabularySize, modelDim, layers, numHeads, numKeyValueHeads, keyDim: headDim, hiddenDim },
		...{ queryKeyNorm, tieOutput, epsilon: options.epsilon ?? 1e-5, maxLength: options.maxLength },
		positions: { kind: "rotary", layout: rotaryLayout, base: rotaryBase },
		window: slidingWindow === undefined ? undefined : slidingWindow - 1,
	});
	const sources: Record<string, WeightSource> = {
		embedding: { name: "embed_tokens.weight" },
		"norm/gamma": { name: "norm.weight" },
		...(!tieOutput && { "output/kernel": { name: "lm_head.weight", transpose: true } }),
	};
	for (let i = 0; i < layers; i++) {
		for (const [own, name] of Object.entries(kernels)) {
			sources[`blocks/${i}/${own}/kernel`] = { name: `layers.${i}.${name}.weight`, transpose: true };
		}
		for (const [own, name] of Object.entries({ ...norms, ...(queryKeyNorm && headNorms) })) {
			sources[`blocks/${i}/${own}/gamma`] = { name: `layers.${i}.${name}.weight` };
		}
	}
	return file.load(
		() => new DecoderLM(config),
		sources,
		(name) => name.endsWith("rotary_emb.inv_freq"),
		strict,
	);
}

const kernels = {
	"self_attention/query": "self_attn.q_proj",
	"self_attention/key": "self_attn.k_proj",
	"self_attention/value": "self_attn.v_proj",
	"self_attention/attention_output": "self_attn.o_proj",
	"feed_forward/gate": "mlp.gate_proj",
	"feed_forward/in": "mlp.up_proj",
	"feed_forward/out": "mlp.down_proj",
};
const norms = { self_attention_norm: "input_layernorm", feed_forward_norm: "post_attention_layernorm" };
const headNorms = {
	"self_attention/query_norm": "self_attn.q_norm",
	"self_attention/key_norm": "self_attn.k_norm",
};
