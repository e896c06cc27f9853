import { checkChoice, checkFlag, checkNumber, checkOptions } from "@heed/core";
import type { ActivationName } from "@heed/layers";
import { Transformer } from "../models/transformer.ts";
import {
	type Imported,
	type ImportOptions,
	type NamedTensors,
	WeightFile,
	type WeightSource,
} from "./import-weights.ts";

/** What {@link transformerFromJoeyNmt} accepts: what the weights do not tell. */
export interface JoeyNmtTransformerOptions extends ImportOptions {
	/** `num_heads` of the configuration, the same on both sides. */
	readonly numHeads: number;
	/** `embeddings.scale`, on both sides. Default false. */
	readonly scaleEmbedding?: boolean | undefined;
	/** Of the feed-forward networks. Default `relu`. */
	readonly activation?: ActivationName | undefined;
	/**
	 * `tied_softmax` (`target`), with `tied_embeddings` (`all`): the file has such a weight under every name, and only one of
	 * them is read. Default `none`.
	 */
	readonly tie?: "none" | "target" | "all" | undefined;
	/** For further training. Default 0.1. */
	readonly dropout?: number | undefined;
}

const known = ["numHeads", "scaleEmbedding", "activation", "tie", "dropout", "strict"];

/**
 * A `Transformer` from the weights of JoeyNMT's, `model_state` of a checkpoint: `src_embed.lut.weight`,
 * `encoder.layers.0.src_src_att.k_layer.weight`, `decoder.output_layer.weight` and so on, `[out, in]`. Sizes are read from the
 * shapes, pre-norm or post-norm from whether there are final norms; its epsilon is 1e-6.
 *
 * When not to use it: for models with `alpha` other than 1, or with the norms in other places on one side than on the other.
 *
 * @param tensors float32; the caller goes on owning them.
 * @throws HeedError `OPTION`; `VALUE` for missing and unused weights; `SHAPE`, `DTYPE`. No tensor stays behind.
 */
export function transformerFromJoeyNmt(
	tensors: NamedTensors,
	options: JoeyNmtTransformerOptions,
): Imported<Transformer> {
	const where = "transformerFromJoeyNmt";
	checkOptions(where, options, known);
	const { numHeads, scaleEmbedding = false, activation, tie = "none", dropout, strict = true } = options;
	checkNumber(where, "numHeads", numHeads, { integer: true, min: 1 });
	checkChoice(where, "tie", tie, ["none", "target", "all"]);
	checkFlag(where, "strict", strict);
	const file = new WeightFile(where, tensors, []);
	const embeddings = { source: "src_embed.lut.weight", target: "trg_embed.lut.weight" };
	const [sourceVocabularySize = 0, modelDim = 0] = file.shapeOf(embeddings.source, ["vocabulary", "dim"]);
	const [targetVocabularySize = 0] = file.shapeOf(embeddings.target, ["vocabulary", "dim"]);
	const inner = "encoder.layers.0.feed_forward.pwff_layer.0.weight";
	const [hiddenDim = 0] = file.shapeOf(inner, ["hidden", "dim"]);
	const layers = { encoder: file.count("encoder.layers."), decoder: file.count("decoder.layers.") };
	const normFirst = file.has("encoder.layer_norm.weight") || file.has("decoder.layer_norm.weight");
	const output = "decoder.output_layer.weight";
	const sources: Record<string, WeightSource> = {
		...(tie === "all"
			? { embedding: { name: embeddings.source } }
			: {
					"encoder/embedding": { name: embeddings.source },
					"decoder/embedding": { name: embeddings.target },
				}),
		...(tie === "none" && { "decoder/output/kernel": { name: output, transpose: true } }),
	};
	for (const side of ["encoder", "decoder"] as const) {
		for (let i = 0; i < layers[side]; i++) {
			addParts(sources, `${side}/${i}/`, `${side}.layers.${i}.`, parts[side]);
		}
		if (normFirst) addParts(sources, `${side}/`, `${side}.`, { norms: { norm: "layer_norm" } });
	}
	const config = {
		...{
			sourceVocabularySize,
			targetVocabularySize,
			modelDim,
			numHeads,
			hiddenDim,
			activation,
			dropout,
			tie,
		},
		...{ encoderLayers: layers.encoder, decoderLayers: layers.decoder, normFirst, scaleEmbedding },
		...{ epsilon: 1e-6, outputBias: false, positions: { kind: "sinusoidal" } as const },
	};
	const twice = tie === "none" ? [] : tie === "target" ? [output] : [output, embeddings.target];
	return file.load(
		() => new Transformer(config),
		sources,
		(name) => twice.includes(name) || name.endsWith(".pe.pe"), // a table of positions, which is computed here
		strict,
	);
}

/** Names in the model and in the file. */
interface Parts {
	readonly norms: Readonly<Record<string, string>>;
	readonly attentions?: Readonly<Record<string, string>>;
	readonly feedForward?: Readonly<Record<string, string>>;
}

const feedForward = {
	"feed_forward/in": "feed_forward.pwff_layer.0",
	"feed_forward/out": "feed_forward.pwff_layer.3",
};

const parts: Readonly<Record<"encoder" | "decoder", Parts>> = {
	encoder: {
		norms: { self_attention_norm: "layer_norm", feed_forward_norm: "feed_forward.layer_norm" },
		attentions: { self_attention: "src_src_att" },
		feedForward,
	},
	decoder: {
		norms: {
			self_attention_norm: "x_layer_norm",
			cross_attention_norm: "dec_layer_norm",
			feed_forward_norm: "feed_forward.layer_norm",
		},
		attentions: { self_attention: "trg_trg_att", cross_attention: "src_trg_att" },
		feedForward,
	},
};

const projections = { query: "q_layer", key: "k_layer", value: "v_layer", attention_output: "output_layer" };

function addParts(sources: Record<string, WeightSource>, to: string, from: string, names: Parts): void {
	const { norms, attentions = {} } = names;
	for (const [own, name] of Object.entries(norms)) {
		sources[`${to}${own}/gamma`] = { name: `${from}${name}.weight` };
		sources[`${to}${own}/beta`] = { name: `${from}${name}.bias` };
	}
	const dense: Record<string, string> = { ...names.feedForward };
	for (const [attention, theirs] of Object.entries(attentions)) {
		for (const [own, name] of Object.entries(projections)) dense[`${attention}/${own}`] = `${theirs}.${name}`;
	}
	for (const [own, name] of Object.entries(dense)) {
		sources[`${to}${own}/kernel`] = { name: `${from}${name}.weight`, transpose: true };
		sources[`${to}${own}/bias`] = { name: `${from}${name}.bias` };
	}
}
