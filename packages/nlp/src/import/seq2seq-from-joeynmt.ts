import { checkFlag, checkNumber, checkOptions, HeedError } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import { Seq2Seq } from "../models/seq2seq.ts";
import { tidied } from "../ops/tidied.ts";
import {
	type Imported,
	type ImportOptions,
	type NamedTensors,
	WeightFile,
	type WeightSource,
} from "./import-weights.ts";

/** What {@link seq2seqFromJoeyNmt} accepts: what the weights do not tell. */
export interface JoeyNmtSeq2SeqOptions extends ImportOptions {
	/** For further training. Default 0. */
	readonly dropout?: number | undefined;
}

/**
 * A `Seq2Seq` from the weights of JoeyNMT's recurrent model, `model_state` of a checkpoint: `src_embed.lut.weight`,
 * `encoder.rnn.weight_ih_l0_reverse`, `decoder.attention.key_layer.weight` and so on. GRU or LSTM, Bahdanau's or Luong's
 * attention, input feeding and bridge are told from the names and shapes. The one bridge of JoeyNMT becomes one for every
 * layer, equal at first.
 *
 * When not to use it: for LSTMs with a bridge, which JoeyNMT starts from the encoder's hidden state alone; and for models that
 * scale their embeddings.
 *
 * @param tensors float32; the caller goes on owning them.
 * @throws HeedError `OPTION`, `UNSUPPORTED`; `VALUE` for missing and unused weights; `SHAPE`, `DTYPE`. No tensor stays behind.
 */
export function seq2seqFromJoeyNmt(
	tensors: NamedTensors,
	options: JoeyNmtSeq2SeqOptions = {},
): Imported<Seq2Seq> {
	checkOptions(where, options, ["dropout", "strict"]);
	const { dropout = 0, strict = true } = options;
	checkNumber(where, "dropout", dropout, { min: 0, below: 1 });
	checkFlag(where, "strict", strict);
	return tidied(() => load(tensors, dropout, strict));
}

const where = "seq2seqFromJoeyNmt";

function load(tensors: NamedTensors, dropout: number, strict: boolean): Imported<Seq2Seq> {
	const given = new WeightFile(where, tensors, []);
	const matrix = ["out", "in"];
	const [sourceVocabularySize = 0, embeddingSize = 0] = given.shapeOf("src_embed.lut.weight", matrix);
	const [targetVocabularySize = 0] = given.shapeOf("trg_embed.lut.weight", matrix);
	const [rows = 0, units = 0] = given.shapeOf("decoder.rnn.weight_hh_l0", matrix);
	const [, inputSize = 0] = given.shapeOf("decoder.rnn.weight_ih_l0", matrix);
	const cell = rows === 4 * units ? "lstm" : "gru";
	const layers = {
		encoder: given.count("encoder.rnn.weight_hh_l"),
		decoder: given.count("decoder.rnn.weight_hh_l"),
	};
	const bidirectional = given.has("encoder.rnn.weight_hh_l0_reverse");
	const bridge = given.has("decoder.bridge_layer.weight");
	const bahdanau = given.has("decoder.attention.energy_layer.weight");
	if (bridge && cell === "lstm") {
		const message =
			"it is an LSTM with a bridge, whose cell state starts from the encoder's hidden state. Train it without `bridge`, or with GRUs.";
		throw new HeedError("UNSUPPORTED", where, message);
	}
	const sources: Record<string, WeightSource> = {
		"encoder/embedding": { name: "src_embed.lut.weight" },
		"decoder/embedding": { name: "trg_embed.lut.weight" },
		"decoder/attention/memory/kernel": turned("decoder.attention.key_layer.weight"),
		...(bahdanau && {
			"decoder/attention/query/kernel": turned("decoder.attention.query_layer.weight"),
			"decoder/attention/score/kernel": { name: "decoder.attention.energy_layer.weight" },
		}),
		"decoder/combine/kernel": turned("decoder.att_vector_layer.weight"),
		"decoder/combine/bias": { name: "decoder.att_vector_layer.bias" },
		"decoder/output/kernel": turned("decoder.output_layer.weight"), // its bias stays 0
	};
	for (let i = 0; i < layers.encoder; i++) {
		addCell(sources, `encoder/${i}/forward`, `encoder.rnn.{}_l${i}`, cell);
		if (bidirectional) addCell(sources, `encoder/${i}/backward`, `encoder.rnn.{}_l${i}_reverse`, cell);
	}
	for (let i = 0; i < layers.decoder; i++) {
		addCell(sources, `decoder/${i}`, `decoder.rnn.{}_l${i}`, cell);
		if (!bridge) continue;
		sources[`decoder/bridge/${i}/hidden/kernel`] = turned("decoder.bridge_layer.weight");
		sources[`decoder/bridge/${i}/hidden/bias`] = { name: "decoder.bridge_layer.bias" };
	}
	const config = {
		...({
			sourceVocabularySize,
			targetVocabularySize,
			embeddingSize,
			units,
			cell,
			bidirectional,
			dropout,
		} as const),
		...({
			encoderLayers: layers.encoder,
			decoderLayers: layers.decoder,
			bridge: bridge ? "dense" : "zero",
		} as const),
		attention: bahdanau ? ({ kind: "bahdanau", units } as const) : ({ kind: "luong" } as const),
		attend: "afterCell" as const,
		inputFeeding: inputSize > embeddingSize,
	};
	const file = new WeightFile(where, rearranged(tensors, cell, units), []);
	return file.load(
		() => new Seq2Seq(config),
		sources,
		() => false,
		strict,
	);
}

const turned = (name: string): WeightSource => ({ name, transpose: true });

/** The weights of a cell; `{}` in the name stands for what they are called. */
function addCell(
	sources: Record<string, WeightSource>,
	to: string,
	from: string,
	cell: "gru" | "lstm",
): void {
	sources[`${to}/kernel`] = turned(from.replace("{}", "weight_ih"));
	sources[`${to}/recurrentKernel`] = turned(from.replace("{}", "weight_hh"));
	sources[`${to}/bias`] = { name: from.replace("{}", "bias_ih") };
	if (cell === "gru") sources[`${to}/recurrentBias`] = { name: from.replace("{}", "bias_hh") };
}

/**
 * The tensors by the same names, laid out as ours are but for the transposition: gates z, r, n instead of r, z, n; one bias of
 * an LSTM, the sum of both; context before state; the energy layer as a vector.
 */
function rearranged(tensors: NamedTensors, cell: "gru" | "lstm", units: number): NamedTensors {
	const given: Map<string, tf.Tensor> = new Map(tensors instanceof Map ? tensors : Object.entries(tensors));
	const made = new Map<string, tf.Tensor>();
	for (const [name, tensor] of given) {
		const isRecurrent = /(?:en|de)coder\.rnn\.(?:weight|bias)_[ih]h_l\d+/.test(name);
		if (isRecurrent && cell === "gru" && tensor.shape[0] === 3 * units) {
			const [r, z, n] = tf.split(tensor, 3, 0) as [tf.Tensor, tf.Tensor, tf.Tensor];
			made.set(name, tf.concat([z, r, n], 0));
		} else if (isRecurrent && cell === "lstm" && name.includes("bias_ih")) {
			made.set(name, tf.add(tensor, otherBias(given, name, tensor)));
		} else if (isRecurrent && cell === "lstm" && name.includes("bias_hh")) {
			if (!given.has(name.replace("bias_hh", "bias_ih"))) made.set(name, tensor);
		} else if (name.endsWith("decoder.att_vector_layer.weight") && (tensor.shape[1] ?? 0) > units) {
			const [hidden, context] = tf.split(tensor, [units, Number(tensor.shape[1]) - units], 1);
			made.set(name, tf.concat([context as tf.Tensor, hidden as tf.Tensor], 1));
		} else if (name.endsWith("decoder.attention.energy_layer.weight")) {
			made.set(name, tf.reshape(tensor, [-1]));
		} else {
			made.set(name, tensor);
		}
	}
	return made;
}

/** The second bias of an LSTM's layer, without which the first means nothing. */
function otherBias(given: ReadonlyMap<string, tf.Tensor>, name: string, bias: tf.Tensor): tf.Tensor {
	const otherName = name.replace("bias_ih", "bias_hh");
	const other = given.get(otherName);
	if (other?.shape.join() === bias.shape.join()) return other as tf.Tensor;
	const came = other === undefined ? "is missing" : `is [${other.shape.join(", ")}]`;
	const message = `\`${otherName}\` ${came}; expected [${bias.shape.join(", ")}], as \`${name}\` is.`;
	throw new HeedError("SHAPE", where, message);
}
