import { checkChoice, checkFlag, checkNumber, checkOptions, HeedError } from "@heed/core";
import {
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

/** What a {@link RecurrentAttentionModel} is made of, as JSON. */
export interface RecurrentAttentionConfig {
	/** Number of classes. */
	readonly classes: number;
	/** Channels of the images. Default 1. */
	readonly channels?: number | undefined;
	/** How many times it looks. Default 6. */
	readonly glimpses?: number | undefined;
	/** What a glimpse takes in, and the size of the network that reads it. Default: 8 × 8 pixels, 128, 128 and 256 features. */
	readonly glimpse?: (GlimpseArgs & GlimpseNetworkSizes) | undefined;
	/**
	 * What puts glimpses together: `rnn`, a layer with relu (default); `lstm`; or `deep`, two LSTMs, of which the lower one says
	 * what and the upper one, which begins with the whole image seen coarsely, says where: RAM with the memory of DRAM, for one
	 * label. The whole of DRAM is {@link DeepRecurrentAttentionModel}.
	 */
	readonly core?: "rnn" | "lstm" | "deep" | undefined;
	/** Size of its state. Default 256. */
	readonly units?: number | undefined;
	/** Only with the core `deep`: height and width of the coarse image. Default 12. */
	readonly contextSize?: number | undefined;
	/** Where to look next. `detach` is false by default with the core `deep`, whose upper LSTM learns by nothing else. */
	readonly policy?: LocationPolicyOptions | undefined;
	/**
	 * The first place: the `centre`, `random` (evenly; the centre where nothing is drawn), or named by the `policy`, which only
	 * the core `deep` can and does by default. Default otherwise: `centre`.
	 */
	readonly start?: "centre" | "random" | "policy" | undefined;
	/** Reward also the place that is named after the last glimpse and never looked at, as some programs do. Default false. */
	readonly lastStepInLoss?: boolean | undefined;
	/** Seed of the initial weights. Default 0. */
	readonly seed?: number | undefined;
}

/** A config with every choice made; `contextSize` is left out where there is no coarse image. */
export interface ResolvedRecurrentAttentionConfig extends RecurrentAttentionConfig {
	readonly channels: number;
	readonly glimpses: number;
	readonly glimpse: GlimpseWindow & ResolvedGlimpseNetwork;
	readonly core: "rnn" | "lstm" | "deep";
	readonly units: number;
	readonly policy: ResolvedLocationPolicy;
	readonly start: "centre" | "random" | "policy";
	readonly lastStepInLoss: boolean;
	readonly seed: number;
}

const names = [
	...(["classes", "channels", "glimpses", "glimpse", "core", "units", "contextSize"] as const),
	...(["policy", "start", "lastStepInLoss", "seed"] as const),
];

/**
 * Checks a config, which may come from a file, and fills in the defaults.
 *
 * @throws HeedError `OPTION`.
 */
export function resolveRecurrentAttention(
	config: RecurrentAttentionConfig,
): ResolvedRecurrentAttentionConfig {
	const where = "RecurrentAttentionModel";
	checkOptions(where, config, names);
	const { classes, channels = 1, glimpses = 6, glimpse = {}, core = "rnn", units = 256, seed = 0 } = config;
	const isDeep = core === "deep";
	const { policy = {}, start = isDeep ? "policy" : "centre", lastStepInLoss = false } = config;
	for (const [name, size] of Object.entries({ classes, channels, glimpses, units })) {
		checkNumber(where, name, size, { integer: true, min: 1 });
	}
	checkChoice(where, "core", core, ["rnn", "lstm", "deep"]);
	checkChoice(where, "start", start, ["centre", "random", "policy"]);
	checkFlag(where, "lastStepInLoss", lastStepInLoss);
	checkNumber(where, "seed", seed, { integer: true, min: 0 });
	const { contextSize = isDeep ? 12 : undefined } = config;
	if (contextSize !== undefined) checkNumber(where, "contextSize", contextSize, { integer: true, min: 1 });
	if (!isDeep && contextSize !== undefined) refuse("`contextSize`", `${contextSize}`);
	if (!isDeep && start === "policy") refuse("`start`", "'policy'");
	checkOptions(`${where} glimpse`, glimpse, [...glimpseNames, ...glimpseNetworkNames]);
	checkOptions(`${where} policy`, policy, locationPolicyNames);
	const resolvedPolicy = resolvePolicy(`${where} policy`, { detach: !isDeep, ...policy });
	if (isDeep && resolvedPolicy.detach) {
		const message =
			"`policy.detach` is true with `core` 'deep', whose upper LSTM then learns nothing. Leave it out.";
		throw new HeedError("OPTION", where, message);
	}
	return {
		...{ classes, channels, glimpses, core, units, start, lastStepInLoss, seed },
		glimpse: {
			...resolveWindow(`${where} glimpse`, glimpse),
			...resolveGlimpseNetwork(`${where} glimpse`, { combine: isDeep ? "multiply" : "add", ...glimpse }),
		},
		policy: resolvedPolicy,
		...(contextSize !== undefined && { contextSize }),
	};

	function refuse(name: string, value: string): never {
		const message = `${name} is ${value} with \`core\` '${core}', which sees nothing before its first glimpse. Use 'deep', or leave it out.`;
		throw new HeedError("OPTION", where, message);
	}
}
