import { checkNumber, checkOptions } from "@heed/core";

/** What a `ConvSeq2Seq` is made of, as JSON. */
export interface ConvSeq2SeqConfig {
	/** Number of source ids. */
	readonly sourceVocabularySize: number;
	/** Number of target ids. */
	readonly targetVocabularySize: number;
	/** Size of a token's embedding, on both sides. Default 64. */
	readonly embeddingSize?: number | undefined;
	/** Size of the state of a layer. Default 128. */
	readonly units?: number | undefined;
	/** Default 4. */
	readonly encoderLayers?: number | undefined;
	/** Default 3. */
	readonly decoderLayers?: number | undefined;
	/** How many steps a convolution sees, at least 2. Default 3. */
	readonly kernelSize?: number | undefined;
	/** The longest source, and the most steps of a target. Default 512. */
	readonly maxPositions?: number | undefined;
	/** Share of embeddings, inputs of layers and final vectors that training drops. Default 0. */
	readonly dropout?: number | undefined;
	/** Seed of the initial weights. Default 0. */
	readonly seed?: number | undefined;
}

/** A config with every choice made. */
export type ResolvedConvSeq2SeqConfig = {
	readonly [Name in keyof ConvSeq2SeqConfig]-?: Exclude<ConvSeq2SeqConfig[Name], undefined>;
};

/**
 * Checks a config, which may come from a file, and fills in the defaults.
 *
 * @throws HeedError `OPTION`.
 */
export function resolveConvSeq2SeqConfig(config: ConvSeq2SeqConfig): ResolvedConvSeq2SeqConfig {
	const where = "ConvSeq2Seq";
	const sizes = [
		"sourceVocabularySize",
		"targetVocabularySize",
		"embeddingSize",
		"units",
		"encoderLayers",
		"decoderLayers",
		"maxPositions",
	] as const;
	checkOptions(where, config, [...sizes, "kernelSize", "dropout", "seed"]);
	const resolved: ResolvedConvSeq2SeqConfig = {
		sourceVocabularySize: config.sourceVocabularySize,
		targetVocabularySize: config.targetVocabularySize,
		embeddingSize: config.embeddingSize ?? 64,
		units: config.units ?? 128,
		encoderLayers: config.encoderLayers ?? 4,
		decoderLayers: config.decoderLayers ?? 3,
		kernelSize: config.kernelSize ?? 3,
		maxPositions: config.maxPositions ?? 512,
		dropout: config.dropout ?? 0,
		seed: config.seed ?? 0,
	};
	for (const name of sizes) checkNumber(where, name, resolved[name], { integer: true, min: 1 });
	checkNumber(where, "kernelSize", resolved.kernelSize, { integer: true, min: 2 });
	checkNumber(where, "dropout", resolved.dropout, { min: 0, below: 1 });
	checkNumber(where, "seed", resolved.seed, { integer: true, min: 0 });
	return resolved;
}
