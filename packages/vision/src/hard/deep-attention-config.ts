import { checkNumber, checkOptions } from "@heed/core";
import {
	checkFilters,
	type GlimpseNetworkSizes,
	glimpseNetworkNames,
	type ResolvedGlimpseNetwork,
	resolveGlimpseNetwork,
} from "./glimpse-network.ts";
import {
	type LocationPolicyOptions,
	locationPolicyNames,
	type ResolvedLocationPolicy,
	resolvePolicy,
} from "./location-policy.ts";
import { type GlimpseArgs, type GlimpseWindow, glimpseNames, resolveWindow } from "./take-glimpses.ts";

/** What a {@link DeepRecurrentAttentionModel} is made of, as JSON. The defaults are smaller than the networks of the paper. */
export interface DeepRecurrentAttentionConfig {
	/** Number of classes; let one of them say that nothing more comes. */
	readonly classes: number;
	/** How many labels it says of an image, one after the other. */
	readonly labels: number;
	/** Channels of the images. Default 1. */
	readonly channels?: number | undefined;
	/** How many times it looks for each label. Default 3. */
	readonly glimpses?: number | undefined;
	/**
	 * What a glimpse takes in, and the network that reads it. Default: 8 × 8 pixels, convolutions of 16 and 32 filters, 128, 128 and 256
	 * features, what was seen times where.
	 */
	readonly glimpse?: (GlimpseArgs & GlimpseNetworkSizes) | undefined;
	/** Size of the states of both LSTMs. Default 256. */
	readonly units?: number | undefined;
	/** Height and width of the coarse image. Default 12. */
	readonly contextSize?: number | undefined;
	/** Filters of the convolutions 3×3 that look at it. Default 16 and 16. */
	readonly contextFilters?: readonly number[] | undefined;
	/** Units of the hidden layer of the classifier. Default 128. */
	readonly classifierUnits?: number | undefined;
	/** Where to look next. Default: with a hidden layer of 128; its gradient reaches the upper LSTM, which learns by nothing else. */
	readonly policy?: Omit<LocationPolicyOptions, "detach"> | undefined;
	/** Seed of the initial weights. Default 0. */
	readonly seed?: number | undefined;
}

/** A config with every choice made. */
export interface ResolvedDeepRecurrentAttentionConfig extends DeepRecurrentAttentionConfig {
	readonly channels: number;
	readonly glimpses: number;
	readonly glimpse: GlimpseWindow & ResolvedGlimpseNetwork;
	readonly units: number;
	readonly contextSize: number;
	readonly contextFilters: readonly number[];
	readonly classifierUnits: number;
	readonly policy: Omit<ResolvedLocationPolicy, "detach">;
	readonly seed: number;
}

const names = [
	...(["classes", "labels", "channels", "glimpses", "glimpse", "units", "contextSize"] as const),
	...(["contextFilters", "classifierUnits", "policy", "seed"] as const),
];

/**
 * Checks a config, which may come from a file, and fills in the defaults.
 *
 * @throws HeedError `OPTION`.
 */
export function resolveDeepAttention(
	config: DeepRecurrentAttentionConfig,
): ResolvedDeepRecurrentAttentionConfig {
	const where = "DeepRecurrentAttentionModel";
	checkOptions(where, config, names);
	const { classes, labels, channels = 1, glimpses = 3, glimpse = {}, units = 256, contextSize = 12 } = config;
	const { contextFilters = [16, 16], classifierUnits = 128, policy = {}, seed = 0 } = config;
	const sizes = { classes, labels, channels, glimpses, units, contextSize, classifierUnits };
	for (const [name, size] of Object.entries(sizes)) checkNumber(where, name, size, { integer: true, min: 1 });
	checkNumber(where, "seed", seed, { integer: true, min: 0 });
	checkFilters(where, "contextFilters", contextFilters);
	checkOptions(`${where} glimpse`, glimpse, [...glimpseNames, ...glimpseNetworkNames]);
	const policyNames = locationPolicyNames.filter((name) => name !== "detach");
	checkOptions(`${where} policy`, policy, policyNames);
	const { detach: _, ...resolvedPolicy } = resolvePolicy(`${where} policy`, { hiddenUnits: 128, ...policy });
	const network = { filters: [16, 32], combine: "multiply", ...glimpse } as const;
	return {
		...{ ...sizes, seed, contextFilters: [...contextFilters], policy: resolvedPolicy },
		glimpse: {
			...resolveWindow(`${where} glimpse`, glimpse),
			...resolveGlimpseNetwork(`${where} glimpse`, network),
		},
	};
}
