import { checkChoice, checkFlag, checkNumber, checkOptions, HeedError } from "@heed/core";
import {
	type AttentionConfig,
	attentionByName,
	attentionKinds,
	usualAttend,
} from "../attention/attention-by-name.ts";
import type { AttentionFactory } from "../attention/attention-factory.ts";
import {
	checkResetAfter,
	checkSelfAttention,
	type LayerSelfAttention,
} from "../recurrent/recurrent-stack.ts";
import { Vocabulary } from "../text/vocabulary.ts";
import { checkFeeding } from "./attentional-decoder.ts";

/** What a `Seq2Seq` is made of, as JSON. */
export interface Seq2SeqConfig {
	/** Number of source ids. */
	readonly sourceVocabularySize: number;
	/** Number of target ids. */
	readonly targetVocabularySize: number;
	/** Size of a token's embedding, on both sides. Default 64. */
	readonly embeddingSize?: number | undefined;
	/** Size of the state of the decoder, and of each direction of the encoder. Default 128. */
	readonly units?: number | undefined;
	/** Of the decoder, and of the encoder unless `encoderCell` says otherwise. Default `gru`. */
	readonly cell?: "gru" | "lstm" | undefined;
	/** Default as `cell`. */
	readonly encoderCell?: "gru" | "lstm" | "qrnn" | undefined;
	/**
	 * Let every position of the source look at all others after each layer of the encoder, with so many heads. Default: none,
	 * `null`.
	 */
	readonly selfAttention?: LayerSelfAttention | null | undefined;
	/** Of GRUs: reset after the recurrent product, as PyTorch and Keras do, or before it, as in the paper. Default true. */
	readonly resetAfter?: boolean | undefined;
	/** Default 1. */
	readonly encoderLayers?: number | undefined;
	/** Default 1. */
	readonly decoderLayers?: number | undefined;
	/** Read the source in both directions. Default true. */
	readonly bidirectional?: boolean | undefined;
	/** Default `bahdanau` with as many units as the decoder; `custom` stands for a mechanism of {@link Seq2SeqParts}. */
	readonly attention?: AttentionConfig | { readonly kind: "custom" } | undefined;
	/**
	 * Who asks: `beforeCell`, the previous state, whose answer goes into the cell (Bahdanau), or `afterCell`, the current
	 * state, whose answer meets it behind the cell (Luong; much faster to train). Default: as the mechanism's paper does.
	 */
	readonly attend?: "beforeCell" | "afterCell" | undefined;
	/** Feed the attentional vector into the next step; only `afterCell`. Default false. */
	readonly inputFeeding?: boolean | undefined;
	/** Start the decoder from the encoder's last state through a layer, or from zero. Default `dense`. */
	readonly bridge?: "dense" | "zero" | undefined;
	/**
	 * Copy words of the source: the model generates a word or copies one, also one that no vocabulary has; see the
	 * `copyIds` of a batch and `ExtendedVocabulary`. Default false.
	 */
	readonly copy?: boolean | undefined;
	/** Share of embeddings, layer outputs and attentional vectors that training drops. Default 0. */
	readonly dropout?: number | undefined;
	/** Seed of the initial weights. Default 0. */
	readonly seed?: number | undefined;
}

/** A config with every choice made. */
export type ResolvedSeq2SeqConfig = {
	readonly [Name in keyof Seq2SeqConfig]-?: Exclude<Seq2SeqConfig[Name], undefined>;
};

/** What a `Seq2Seq` is made of besides its config, since it cannot be written as JSON. */
export interface Seq2SeqParts {
	/** Makes a mechanism of your own; `config.attention` is then `{ kind: "custom" }` or left out. */
	readonly attention?: AttentionFactory | undefined;
}

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
	"encoderCell",
	"selfAttention",
	"resetAfter",
	"bidirectional",
	"attention",
	"attend",
	"inputFeeding",
	"bridge",
	"copy",
	"dropout",
	"seed",
] as const;

/**
 * Checks a config, which may come from a file, and fills in the defaults.
 *
 * @throws HeedError `OPTION`.
 */
export function resolveSeq2SeqConfig(config: Seq2SeqConfig, parts: Seq2SeqParts = {}): ResolvedSeq2SeqConfig {
	const where = "Seq2Seq";
	checkOptions(where, config, known);
	checkOptions(where, parts, ["attention"]);
	const { units = 128 } = config;
	const attention = resolveAttention(where, config.attention, units, parts);
	const resolved: ResolvedSeq2SeqConfig = {
		sourceVocabularySize: config.sourceVocabularySize,
		targetVocabularySize: config.targetVocabularySize,
		embeddingSize: config.embeddingSize ?? 64,
		units,
		cell: config.cell ?? "gru",
		encoderCell: config.encoderCell ?? config.cell ?? "gru",
		selfAttention: config.selfAttention ?? null,
		resetAfter: config.resetAfter ?? true,
		encoderLayers: config.encoderLayers ?? 1,
		decoderLayers: config.decoderLayers ?? 1,
		bidirectional: config.bidirectional ?? true,
		attention,
		attend: config.attend ?? usualAttend(attention.kind),
		inputFeeding: config.inputFeeding ?? false,
		bridge: config.bridge ?? "dense",
		copy: config.copy ?? false,
		dropout: config.dropout ?? 0,
		seed: config.seed ?? 0,
	};
	for (const name of sizes) checkNumber(where, name, resolved[name], { integer: true, min: 1 });
	checkNumber(where, "dropout", resolved.dropout, { min: 0, below: 1 });
	checkNumber(where, "seed", resolved.seed, { integer: true, min: 0 });
	checkChoice(where, "cell", resolved.cell, ["gru", "lstm"]);
	checkChoice(where, "encoderCell", resolved.encoderCell, ["gru", "lstm", "qrnn"]);
	checkResetAfter(where, resolved.resetAfter, resolved.cell, resolved.encoderCell);
	checkChoice(where, "attend", resolved.attend, ["beforeCell", "afterCell"]);
	checkChoice(where, "bridge", resolved.bridge, ["dense", "zero"]);
	checkFlag(where, "bidirectional", resolved.bidirectional);
	checkSelfAttention(where, resolved.selfAttention ?? undefined, resolved.bidirectional ? 2 * units : units);
	checkFlag(where, "inputFeeding", resolved.inputFeeding);
	checkFlag(where, "copy", resolved.copy);
	// A word of the source that the vocabulary lacks is read as `unk`.
	if (resolved.copy)
		checkNumber(where, "targetVocabularySize", resolved.targetVocabularySize, { above: Vocabulary.unk });
	checkFeeding(where, resolved);
	if (attention.kind !== "custom") attentionByName(where, attention, resolved.seed); // makes no weights yet
	return resolved;
}

/** Whether training draws with it, and learns from rewards; of a mechanism of somebody else nobody knows. */
export function mayDraw(attention: ResolvedSeq2SeqConfig["attention"]): boolean {
	if (attention.kind !== "hard") return attention.kind === "custom";
	return (attention.estimator ?? "reinforce") === "reinforce";
}

function resolveAttention(
	where: string,
	attention: Seq2SeqConfig["attention"],
	units: number,
	parts: Seq2SeqParts,
): ResolvedSeq2SeqConfig["attention"] {
	const custom = parts.attention !== undefined;
	const chosen = attention ?? (custom ? { kind: "custom" } : { kind: "bahdanau", units });
	if (typeof chosen !== "object") {
		throw new HeedError(
			"OPTION",
			where,
			`\`attention\` is ${String(chosen)}; expected an object with a \`kind\`.`,
		);
	}
	checkChoice(where, "attention.kind", chosen.kind, [...attentionKinds, "custom"]);
	if (custom === (chosen.kind === "custom")) return chosen;
	const message = custom
		? `\`attention\` is '${chosen.kind}', and a mechanism of your own came as well. Leave one of them out.`
		: "`attention` is 'custom', and no mechanism came. Pass the function that makes it: new Seq2Seq(config, { attention }).";
	throw new HeedError("OPTION", where, message);
}
