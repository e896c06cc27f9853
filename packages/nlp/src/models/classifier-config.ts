import { checkChoice, checkFlag, checkNumber, checkOptions } from "@heed/core";
import { checkStackOptions, type RecurrentStackOptions } from "../recurrent/recurrent-stack.ts";

/** How a classifier makes one vector of many, as JSON. */
export type PoolingConfig =
	| {
			/** A learned context vector asks every position: `ContextPooling`. */
			readonly kind: "context";
			/** Default: the size of what is pooled. */
			readonly units?: number | undefined;
	  }
	| {
			/** Several vectors, side by side: `StructuredSelfAttention`. */
			readonly kind: "structured";
			/** Default 64. */
			readonly units?: number | undefined;
			/** Number of vectors. Default 4. */
			readonly hops?: number | undefined;
			/** Weight of the penalty ‖AAᵀ − I‖² in the loss. Default 1. */
			readonly penalty?: number | undefined;
	  }
	| {
			/** The mean of the positions that count, without attention. */
			readonly kind: "mean";
	  };

/** What an `AttentionClassifier` is made of, as JSON. */
export interface AttentionClassifierConfig extends Omit<RecurrentStackOptions, "units"> {
	/** Number of ids. */
	readonly vocabularySize: number;
	/** Number of classes. */
	readonly classes: number;
	/** Documents are sentences of words, which are pooled one after the other, and not plain words. Default false. */
	readonly hierarchical?: boolean | undefined;
	/** Size of the embedding of a word. Default 64. */
	readonly embeddingSize?: number | undefined;
	/** Size of the state of one direction, of words and of sentences. Default 50. */
	readonly units?: number | undefined;
	/** How to pool words, and sentences. Default `{ kind: "context" }`. */
	readonly pooling?: PoolingConfig | undefined;
	/** Share of embeddings, outputs of layers and pooled vectors that training drops. Default 0. */
	readonly dropout?: number | undefined;
	/** Seed of the initial weights. Default 0. */
	readonly seed?: number | undefined;
}

/** A config with every choice made; `selfAttention` is left out where there is none. */
export type ResolvedAttentionClassifierConfig = {
	readonly [Name in Exclude<keyof AttentionClassifierConfig, "selfAttention">]-?: Exclude<
		AttentionClassifierConfig[Name],
		undefined
	>;
} & Pick<AttentionClassifierConfig, "selfAttention">;

const poolingOptions = {
	context: ["kind", "units"],
	structured: ["kind", "units", "hops", "penalty"],
	mean: ["kind"],
} as const;

/**
 * Checks a config, which may come from a file, and fills in the defaults.
 *
 * @throws HeedError `OPTION`.
 */
export function resolveClassifierConfig(
	config: AttentionClassifierConfig,
): ResolvedAttentionClassifierConfig {
	const where = "AttentionClassifier";
	const sizes = ["vocabularySize", "classes", "embeddingSize"] as const;
	const stack = ["units", "cell", "layers", "bidirectional", "selfAttention", "resetAfter"];
	checkOptions(where, config, [...sizes, ...stack, "hierarchical", "pooling", "dropout", "seed"]);
	const resolved: ResolvedAttentionClassifierConfig = {
		vocabularySize: config.vocabularySize,
		classes: config.classes,
		hierarchical: config.hierarchical ?? false,
		embeddingSize: config.embeddingSize ?? 64,
		units: config.units ?? 50,
		cell: config.cell ?? "gru",
		layers: config.layers ?? 1,
		bidirectional: config.bidirectional ?? true,
		resetAfter: config.resetAfter ?? true,
		...(config.selfAttention !== undefined && { selfAttention: config.selfAttention }),
		pooling: config.pooling ?? { kind: "context" },
		dropout: config.dropout ?? 0,
		seed: config.seed ?? 0,
	};
	for (const name of sizes) checkNumber(where, name, resolved[name], { integer: true, min: 1 });
	checkFlag(where, "hierarchical", resolved.hierarchical);
	checkStackOptions(where, resolved);
	checkPooling(where, resolved.pooling);
	checkNumber(where, "dropout", resolved.dropout, { min: 0, below: 1 });
	checkNumber(where, "seed", resolved.seed, { integer: true, min: 0 });
	return resolved;
}

function checkPooling(where: string, pooling: PoolingConfig): void {
	checkOptions(`${where} pooling`, pooling, ["kind", "units", "hops", "penalty"]);
	checkChoice(where, "pooling.kind", pooling.kind, Object.keys(poolingOptions));
	checkOptions(`${where} pooling '${pooling.kind}'`, pooling, poolingOptions[pooling.kind]);
	const { units = 1, hops = 1, penalty = 0 } = pooling as { units?: number; hops?: number; penalty?: number };
	checkNumber(where, "pooling.units", units, { integer: true, min: 1 });
	checkNumber(where, "pooling.hops", hops, { integer: true, min: 1 });
	checkNumber(where, "pooling.penalty", penalty, { min: 0 });
}
