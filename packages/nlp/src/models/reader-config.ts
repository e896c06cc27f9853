import { checkChoice, checkNumber, checkOptions } from "@heed/core";

/** What a reader of cloze questions is made of, as JSON. */
export interface ReaderConfig {
	/** Number of ids; document and question share their table. */
	readonly vocabularySize: number;
	/** Size of a word's vector. Default 64. */
	readonly embeddingSize?: number | undefined;
	/** Size of the state of one direction of one recurrent net. Default 64. */
	readonly units?: number | undefined;
	/** Default `gru`. */
	readonly cell?: "gru" | "lstm" | "qrnn" | undefined;
	/** Share of the features of word vectors and recurrent states that training drops. Default 0. */
	readonly dropout?: number | undefined;
	/** Seed of the initial weights. Default 0. */
	readonly seed?: number | undefined;
}

/** What a reader is made of whose attention has weights of its own. */
export interface AttentiveReaderConfig extends ReaderConfig {
	/** Size of the vectors m and g, in which document and question meet. Default as `units`. */
	readonly attentionUnits?: number | undefined;
}

/** A config with every choice made. */
export type ResolvedReaderConfig<Config extends ReaderConfig = ReaderConfig> = {
	readonly [Name in keyof Config]-?: Exclude<Config[Name], undefined>;
};

const sizes = ["vocabularySize", "embeddingSize", "units"] as const;
const known = [...sizes, "cell", "dropout", "seed"] as const;

/**
 * Checks a config, which may come from a file, and fills in the defaults.
 *
 * @throws HeedError `OPTION`.
 */
export function resolveReaderConfig(
	where: string,
	config: ReaderConfig,
	more: readonly string[] = [],
): ResolvedReaderConfig {
	checkOptions(where, config, [...known, ...more]);
	const resolved: ResolvedReaderConfig = {
		vocabularySize: config.vocabularySize,
		embeddingSize: config.embeddingSize ?? 64,
		units: config.units ?? 64,
		cell: config.cell ?? "gru",
		dropout: config.dropout ?? 0,
		seed: config.seed ?? 0,
	};
	for (const name of sizes) checkNumber(where, name, resolved[name], { integer: true, min: 1 });
	checkChoice(where, "cell", resolved.cell, ["gru", "lstm", "qrnn"]);
	checkNumber(where, "dropout", resolved.dropout, { min: 0, below: 1 });
	checkNumber(where, "seed", resolved.seed, { integer: true, min: 0 });
	return resolved;
}

/** The same for a reader whose attention has weights. */
export function resolveAttentiveReaderConfig(
	where: string,
	config: AttentiveReaderConfig,
): ResolvedReaderConfig<AttentiveReaderConfig> {
	const resolved = resolveReaderConfig(where, config, ["attentionUnits"]);
	const attentionUnits = config.attentionUnits ?? resolved.units;
	checkNumber(where, "attentionUnits", attentionUnits, { integer: true, min: 1 });
	return { ...resolved, attentionUnits };
}
