import { nearestName, UserError } from "@heed/command-line";
import { type AttentionName, createAttention } from "@heed/vision";
import type { SymbolicTensor } from "@tensorflow/tfjs-layers";

/** Where an attention stands: on the branch of every block, before it is added, or behind every stage but the last. */
export type Place = "block" | "stage";

interface Choice {
	readonly name: AttentionName;
	readonly place: Place;
	/** What a network of few channels and small maps needs; the papers' own numbers are for 64 to 2048 channels. */
	readonly options?: object;
}

const quarter = { rdRatio: 1 / 4 };

/** The attentions that make one map of another, by the names that the command line lists. */
const choices = {
	se: { name: "squeezeExcite", place: "block", options: quarter },
	ese: { name: "effectiveSqueezeExcite", place: "block" },
	eca: { name: "efficientChannelAttention", place: "block" },
	ceca: { name: "ceca", place: "block" },
	ge: { name: "gatherExcite", place: "block", options: { ...quarter, extent: 2 } },
	srm: { name: "styleRecalibration", place: "block" },
	gct: { name: "gatedChannelTransform", place: "block" },
	fca: { name: "frequencyChannelAttention", place: "block", options: quarter },
	gc: { name: "globalContext", place: "block", options: quarter },
	gca: { name: "gca", place: "block", options: quarter },
	"hard-channel": { name: "hardChannelAttention", place: "block", options: { k: 8 } },
	"cbam-channel": { name: "cbamChannelGate", place: "block", options: quarter },
	"cbam-spatial": { name: "cbamSpatialGate", place: "block" },
	"spatial-se": { name: "spatialSqueezeExcite", place: "block" },
	cbam: { name: "cbam", place: "block", options: quarter },
	bam: { name: "bam", place: "stage", options: { ...quarter, dilation: 2 } },
	scse: { name: "scSE", place: "block" },
	coordinate: { name: "coordinateAttention", place: "block" },
	triplet: { name: "tripletAttention", place: "block" },
	simam: { name: "simAM", place: "block" },
	"residual-attention": {
		name: "residualAttentionModule",
		place: "stage",
		options: { p: 0, t: 1, depth: 1 },
	},
	"non-local": { name: "nonLocal", place: "stage" },
	"criss-cross": { name: "crissCross", place: "stage" },
	knn: { name: "knnAttention2d", place: "block", options: { k: 9, numHeads: 4 } },
	window: { name: "windowAttention", place: "block", options: { numHeads: 4 } },
} as const satisfies Readonly<Record<string, Choice>>;

/** What stands in the network; `none`: nothing. */
export type Attention = "none" | keyof typeof choices;

/** All of them, as the command line lists them. */
export const attentions: readonly Attention[] = [
	"none",
	...(Object.keys(choices) as (keyof typeof choices)[]),
];

/** Short names of `createAttention` that the list has otherwise. */
const shortNames: Readonly<Record<string, Attention>> = {
	nl: "non-local",
	ra: "residual-attention",
	coord: "coordinate",
};

/** Every way to write a name, without case and hyphens. */
const known: ReadonlyMap<string, Attention> = new Map([
	...Object.entries(choices).map(([attention, { name }]) => [plain(name), attention as Attention] as const),
	...Object.entries(shortNames),
	...attentions.map((attention) => [plain(attention), attention] as const),
]);

/**
 * The attention of a name: one of the list, or as `createAttention` of `@heed/vision` has it.
 *
 * @throws UserError with the list and the nearest name.
 */
export function attentionOf(text: string): Attention {
	const found = known.get(plain(text));
	if (found !== undefined) return found;
	const nearest = known.get(nearestName(plain(text), [...known.keys()]) ?? "");
	const hint = nearest === undefined ? "" : ` Did you mean ${nearest}?`;
	throw new UserError(`there is no attention '${text}'.${hint} Known are ${attentions.join(", ")}.`);
}

/** Where an attention stands when nothing is said: where its paper has it. */
export function placeOf(attention: Attention): Place {
	return attention === "none" ? "block" : choices[attention].place;
}

/** Puts an attention on a map. */
export function attend(
	attention: Attention,
	x: SymbolicTensor,
	named: { readonly name: string; readonly seed: number },
): SymbolicTensor {
	if (attention === "none") return x;
	const { name, options }: Choice = choices[attention];
	return createAttention(name, { ...options, ...named } as object).apply(x) as SymbolicTensor;
}

function plain(name: string): string {
	return name.toLowerCase().replaceAll(/[-_ ]/g, "");
}
