import { checkChoice, checkFlag, checkNumber, checkOptions, HeedError } from "@heed/core";
import { type ActivationName, activationByName } from "@heed/layers";
import { BertEncoder } from "../models/bert-encoder.ts";
import {
	type Imported,
	type ImportOptions,
	type NamedTensors,
	WeightFile,
	type WeightSource,
} from "./import-weights.ts";

/** What {@link bertFromHuggingFace} accepts: what the weights do not tell. */
export interface BertImportOptions extends ImportOptions {
	/** Number of heads, `num_attention_heads`. */
	readonly numHeads: number;
	/** `hidden_act`. Default `gelu`. */
	readonly activation?: ActivationName | undefined;
	/** `layer_norm_eps`. Default 1e-12. */
	readonly epsilon?: number | undefined;
	/**
	 * What `classifier.weight` sorts, tokens or texts: both kinds of models call it that. Default: texts if there is a pooler,
	 * which Hugging Face's models for tokens do without.
	 */
	readonly classifier?: "token" | "text" | undefined;
}

/**
 * A `BertEncoder` from the weights of a BERT by their names at Hugging Face, `bert.embeddings.word_embeddings.weight`,
 * `bert.encoder.layer.0.attention.self.query.weight` and so on, `[out, in]`, with or without `bert.` before them; norms are
 * called `weight` and `bias`, or `gamma` and `beta` in old files. The heads are those that the file has: the pooler, the head
 * for masked tokens (whose output is tied, so `cls.predictions.decoder.weight` is the table again and not read), and a
 * classifier, or else that of the next sentence as `textClasses`. All sizes but the number of heads are read from the shapes.
 *
 * @param tensors float32; the caller goes on owning them.
 * @throws HeedError `OPTION`; `VALUE` for missing and unused weights; `SHAPE`, `DTYPE`. No tensor stays behind.
 */
export function bertFromHuggingFace(
	tensors: NamedTensors,
	options: BertImportOptions,
): Imported<BertEncoder> {
	const where = "bertFromHuggingFace";
	checkOptions(where, options, ["numHeads", "activation", "epsilon", "classifier", "strict"]);
	const { numHeads, activation = "gelu", epsilon = 1e-12, strict = true } = options;
	checkNumber(where, "numHeads", numHeads, { integer: true, min: 1 });
	checkFlag(where, "strict", strict);
	activationByName(where, activation);
	const file = new WeightFile(where, tensors, ["bert."]);
	const pooler = file.has("pooler.dense.weight");
	const { classifier = pooler ? "text" : "token" } = options;
	checkChoice(where, "classifier", classifier, ["token", "text"]);

	const table = (name: string): number[] =>
		file.shapeOf(`embeddings.${name}_embeddings.weight`, ["rows", "dim"]);
	const [vocabularySize = 0, modelDim = 0] = table("word");
	const [maxLength = 0] = table("position");
	const [segmentKinds = 0] = table("token_type");
	const [hiddenDim = 0] = file.shapeOf("encoder.layer.0.intermediate.dense.weight", ["out", "in"]);
	const layers = file.count("encoder.layer.");
	if (modelDim % numHeads !== 0) {
		const message = `\`numHeads\` is ${numHeads}; ${modelDim} features cannot be cut into so many heads.`;
		throw new HeedError("OPTION", where, message);
	}
	const sorted = ["classifier", "cls.seq_relationship"].find((name) => file.has(`${name}.weight`));
	const [classes = 0] = sorted === undefined ? [] : file.shapeOf(`${sorted}.weight`, ["classes", "dim"]);
	const sortsTexts = sorted === "cls.seq_relationship" || classifier === "text";
	const config = {
		...{
			vocabularySize,
			modelDim,
			layers,
			numHeads,
			hiddenDim,
			maxLength,
			segmentKinds,
			activation,
			epsilon,
		},
		maskedLm: file.has("cls.predictions.transform.dense.weight"),
		tokenClasses: sortsTexts ? 0 : classes,
		textClasses: sortsTexts ? classes : 0,
		pooler: pooler || (sortsTexts && classes > 0),
	};

	const sources: Record<string, WeightSource> = {
		embedding: { name: "embeddings.word_embeddings.weight" },
		positions: { name: "embeddings.position_embeddings.weight" },
		segments: { name: "embeddings.token_type_embeddings.weight" },
	};
	const norm = (own: string, name: string): void => {
		const old = file.has(`${name}.gamma`);
		sources[`${own}/gamma`] = { name: `${name}.${old ? "gamma" : "weight"}` };
		sources[`${own}/beta`] = { name: `${name}.${old ? "beta" : "bias"}` };
	};
	const dense = (own: string, name: string): void => {
		sources[`${own}/kernel`] = { name: `${name}.weight`, transpose: true };
		sources[`${own}/bias`] = { name: `${name}.bias` };
	};
	norm("embedding_norm", "embeddings.LayerNorm");
	for (let i = 0; i < layers; i++) {
		const [block, layer] = [`blocks/${i}`, `encoder.layer.${i}`];
		for (const side of ["query", "key", "value"]) {
			dense(`${block}/self_attention/${side}`, `${layer}.attention.self.${side}`);
		}
		dense(`${block}/self_attention/attention_output`, `${layer}.attention.output.dense`);
		norm(`${block}/self_attention_norm`, `${layer}.attention.output.LayerNorm`);
		dense(`${block}/feed_forward/in`, `${layer}.intermediate.dense`);
		dense(`${block}/feed_forward/out`, `${layer}.output.dense`);
		norm(`${block}/feed_forward_norm`, `${layer}.output.LayerNorm`);
	}
	if (config.pooler) dense("pooler", "pooler.dense");
	if (sorted !== undefined) dense(sortsTexts ? "text_classes" : "token_classes", sorted);
	const biases = ["cls.predictions.bias", "cls.predictions.decoder.bias"];
	if (config.maskedLm) {
		dense("masked_lm/dense", "cls.predictions.transform.dense");
		norm("masked_lm/norm", "cls.predictions.transform.LayerNorm");
		sources["masked_lm/bias"] = { name: biases.find((name) => file.has(name)) ?? "cls.predictions.bias" };
	}
	const repeated = ["embeddings.position_ids", "cls.predictions.decoder.weight", ...biases];
	// The head of the next sentence is left aside where there is a classifier.
	if (sorted === "classifier") repeated.push("cls.seq_relationship.weight", "cls.seq_relationship.bias");
	return file.load(
		() => new BertEncoder(config),
		sources,
		(name) => repeated.includes(name),
		strict,
	);
}
