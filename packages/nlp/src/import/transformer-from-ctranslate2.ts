import { checkFlag, checkNumber, checkOptions, HeedError } from "@heed/core";
import type { ActivationName } from "@heed/layers";
import type * as tf from "@tensorflow/tfjs-core";
import { Transformer } from "../models/transformer.ts";
import type { TransformerPositions } from "../models/transformer-config.ts";
import {
	type Imported,
	type ImportOptions,
	type NamedTensors,
	WeightFile,
	type WeightSource,
} from "./import-weights.ts";

/** What {@link transformerFromCTranslate2} accepts: what the weights do not tell. */
export interface CTranslate2Options extends ImportOptions {
	readonly numHeads: number;
	/** Default: those of tensor2tensor, the first at 1, as OpenNMT-tf has them. */
	readonly positions?: TransformerPositions | undefined;
	/** Multiply embeddings by `√modelDim`. Default true. */
	readonly scaleEmbedding?: boolean | undefined;
	/** Of the feed-forward networks. Default `relu`. */
	readonly activation?: ActivationName | undefined;
	/** Of the norms. Default 1e-6. */
	readonly epsilon?: number | undefined;
	/** For further training. Default 0.1. */
	readonly dropout?: number | undefined;
}

const known = ["numHeads", "positions", "scaleEmbedding", "activation", "epsilon", "dropout", "strict"];

/**
 * A `Transformer` from the weights of CTranslate2's, float32: `encoder/layer_0/self_attention/linear_0/weight` and so on,
 * `[out, in]`, with `/` or `.` between the words. Query, key and value stand stacked. Sizes are read from the shapes, pre-norm
 * or post-norm from whether there are final norms; without `decoder/projection/weight` the output is tied to the target's
 * embedding.
 *
 * When not to use it: for quantised files, shared key/value heads, or positions that the file holds as a table.
 *
 * https://github.com/OpenNMT/CTranslate2
 *
 * @param tensors The caller goes on owning them.
 * @throws HeedError `OPTION`; `VALUE` for missing and unused weights; `SHAPE`, `DTYPE`. No tensor stays behind.
 */
export function transformerFromCTranslate2(
	tensors: NamedTensors,
	options: CTranslate2Options,
): Imported<Transformer> {
	const where = "transformerFromCTranslate2";
	checkOptions(where, options, known);
	const { numHeads, scaleEmbedding, activation, dropout, strict = true, epsilon = 1e-6 } = options;
	const { positions = { kind: "sinusoidal", layout: "tensor2tensor", offset: 1 } } = options;
	checkNumber(where, "numHeads", numHeads, { integer: true, min: 1 });
	checkFlag(where, "strict", strict);
	const file = new WeightFile(where, dotted(where, tensors), []);
	const embedding = (side: string): string => {
		const numbered = `${side}.embeddings_0.weight`; // since version 3
		return file.has(numbered) ? numbered : `${side}.embeddings.weight`;
	};
	const axes = ["vocabulary", "dim"];
	const [sourceVocabularySize = 0, modelDim = 0] = file.shapeOf(embedding("encoder"), axes);
	const [targetVocabularySize = 0] = file.shapeOf(embedding("decoder"), axes);
	const [hiddenDim = 0] = file.shapeOf("encoder.layer_0.ffn.linear_0.weight", ["hidden", "dim"]);
	const layers = { encoder: file.count("encoder.layer_"), decoder: file.count("decoder.layer_") };
	const normFirst = file.has("encoder.layer_norm.gamma") || file.has("decoder.layer_norm.gamma");
	const tied = !file.has("decoder.projection.weight");
	const outputBias = file.has("decoder.projection.bias");
	const sources: Record<string, WeightSource> = {
		"encoder/embedding": { name: embedding("encoder") },
		"decoder/embedding": { name: embedding("decoder") },
		...(!tied && { "decoder/output/kernel": { name: "decoder.projection.weight", transpose: true } }),
		...(outputBias && { "decoder/output/bias": { name: "decoder.projection.bias" } }),
	};
	for (const side of ["encoder", "decoder"] as const) {
		for (let i = 0; i < layers[side]; i++) {
			addLayer(sources, `${side}/${i}/`, `${side}.layer_${i}.`, side === "decoder");
		}
		if (normFirst) addNorm(sources, `${side}/norm`, `${side}.layer_norm`);
	}
	const config = {
		...{ sourceVocabularySize, targetVocabularySize, modelDim, numHeads, hiddenDim, activation, dropout },
		...{ encoderLayers: layers.encoder, decoderLayers: layers.decoder, normFirst, scaleEmbedding },
		...{ epsilon, positions, outputBias, tie: tied ? ("target" as const) : ("none" as const) },
	};
	return file.load(
		() => new Transformer(config),
		sources,
		() => false,
		strict,
	);
}

/** The same tensors with `.` between the words of their names. */
function dotted(where: string, tensors: NamedTensors): NamedTensors {
	if (typeof tensors !== "object" || tensors === null) {
		throw new HeedError("OPTION", where, `\`tensors\` is ${String(tensors)}; expected tensors by name.`);
	}
	const entries: [string, tf.Tensor][] = tensors instanceof Map ? [...tensors] : Object.entries(tensors);
	return new Map(entries.map(([name, tensor]) => [name.replaceAll("/", "."), tensor]));
}

function addLayer(sources: Record<string, WeightSource>, to: string, from: string, crosses: boolean): void {
	const stacked = (own: readonly string[], name: string): void => {
		own.forEach((path, index) => {
			const part = { index, of: own.length };
			sources[`${to}${path}/kernel`] = { name: `${from}${name}.weight`, transpose: true, part };
			sources[`${to}${path}/bias`] = { name: `${from}${name}.bias`, part };
		});
	};
	stacked(["self_attention/query", "self_attention/key", "self_attention/value"], "self_attention.linear_0");
	stacked(["self_attention/attention_output"], "self_attention.linear_1");
	addNorm(sources, `${to}self_attention_norm`, `${from}self_attention.layer_norm`);
	if (crosses) {
		stacked(["cross_attention/query"], "attention.linear_0");
		stacked(["cross_attention/key", "cross_attention/value"], "attention.linear_1");
		stacked(["cross_attention/attention_output"], "attention.linear_2");
		addNorm(sources, `${to}cross_attention_norm`, `${from}attention.layer_norm`);
	}
	stacked(["feed_forward/in"], "ffn.linear_0");
	stacked(["feed_forward/out"], "ffn.linear_1");
	addNorm(sources, `${to}feed_forward_norm`, `${from}ffn.layer_norm`);
}

function addNorm(sources: Record<string, WeightSource>, to: string, from: string): void {
	for (const name of ["gamma", "beta"]) sources[`${to}/${name}`] = { name: `${from}.${name}` };
}
