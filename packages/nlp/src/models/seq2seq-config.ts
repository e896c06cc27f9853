import { checkChoice, checkNumber, checkOptions, HeedError } from "@heed/core";
import { type AttentionConfig, attentionKinds } from "../attention/attention-by-name.ts";

/** What a `Seq2Seq` is made of, as JSON. */
export interface Seq2SeqConfig {
	/** Number of source ids. */
	readonly sourceVocabularySize: number;
	/** Number of target ids. */
	readonly targetVocabularySize: number;
	/** Size of a token's embedding, on both sides. Default 64. */
	readonly embeddingSize?: number;
	/** Size of the state of the decoder, and of each direction of the encoder. Default 128. */
	readonly units?: number;
	/** Default `gru`. */
	readonly cell?: "gru" | "lstm";
	/** Default 1. */
	readonly encoderLayers?: number;
	/** Default 1. */
	readonly decoderLayers?: number;
	/** Read the source in both directions. Default true. */
	readonly bidirectional?: boolean;
	/** Default `bahdanau` with as many units as the decoder. */
	readonly attention?: AttentionConfig;
	/**
	 * Who asks: `beforeCell`, the previous state, whose answer goes into the cell (Bahdanau), or `afterCell`, the current
	 * state, whose answer meets it behind the cell (Luong; much faster to train). Default: as the mechanism's paper does.
	 */
	readonly attend?: "beforeCell" | "afterCell";
	/** Feed the attentional vector into the next step; only `afterCell`. Default false. */
	readonly inputFeeding?: boolean;
	/** Start the decoder from the encoder's last state through a layer, or from zero. Default `dense`. */
	readonly bridge?: "dense" | "zero";
	/** Share of embeddings, layer outputs and attentional vectors that training drops. Default 0. */
	readonly dropout?: number;
	/** Seed of the initial weights. Default 0. */
	readonly seed?: number;
}

/** A config with every choice made. */
export type ResolvedSeq2SeqConfig = Required<Seq2SeqConfig>;

const sizes = [
	"sourceVocabularySize",
	"targetVocabularySize",
	"embeddingSize",
	"units",
	"encoderLayers",
	"decoderLayers",
] as const;
const known = [
	...sizes,
	"cell",
	"bidirectional",
	"attention",
	"attend",
	"inputFeeding",
	"bridge",
	"dropout",
	"seed",
] as const;

/**
 * Checks a config, which may come from a file, and fills in the defaults.
 *
 * @throws HeedError `OPTION`.
 */
export function resolveSeq2SeqConfig(config: Seq2SeqConfig): ResolvedSeq2SeqConfig {
	const where = "Seq2Seq";
	checkOptions(where, config, known);
	const units = config.units ?? 128;
	const attention = config.attention ?? { kind: "bahdanau", units };
	const resolved: ResolvedSeq2SeqConfig = {
		embeddingSize: 64,
		cell: "gru",
		encoderLayers: 1,
		decoderLayers: 1,
		bidirectional: true,
		attend: attention.kind === "luong" ? "afterCell" : "beforeCell",
		inputFeeding: false,
		bridge: "dense",
		dropout: 0,
		seed: 0,
		...config,
		units,
		attention,
	};
	for (const name of sizes) checkNumber(where, name, resolved[name], { integer: true, min: 1 });
	checkNumber(where, "dropout", resolved.dropout, { min: 0, below: 1 });
	checkNumber(where, "seed", resolved.seed, { integer: true, min: 0 });
	checkChoice(where, "cell", resolved.cell, ["gru", "lstm"]);
	checkChoice(where, "attend", resolved.attend, ["beforeCell", "afterCell"]);
	checkChoice(where, "bridge", resolved.bridge, ["dense", "zero"]);
	checkChoice(where, "attention.kind", attention.kind, attentionKinds);
	if (resolved.inputFeeding && resolved.attend === "beforeCell") {
		throw new HeedError(
			"OPTION",
			where,
			"`inputFeeding` is true with `attend` 'beforeCell', where the cell gets the context already. Use 'afterCell'.",
		);
	}
	return resolved;
}
