import { cacheMechanisms } from "./cache/mechanisms.ts";
import { convolutionMechanisms } from "./convolution/mechanisms.ts";
import { dotProductMechanisms } from "./dot-product/mechanisms.ts";
import { headsMechanisms } from "./heads/mechanisms.ts";
import { linearMechanisms } from "./linear/mechanisms.ts";
import { maskMechanisms } from "./mask/mechanisms.ts";
import { normalizeMechanisms } from "./normalize/mechanisms.ts";
import { positionMechanisms } from "./position/mechanisms.ts";
import { resampleMechanisms } from "./resample/mechanisms.ts";
import { sampleMechanisms } from "./sample/mechanisms.ts";
import { scoreMechanisms } from "./score/mechanisms.ts";
import { warpMechanisms } from "./warp/mechanisms.ts";

/**
 * What a mechanism is and what it supports: data only. The support table of the documentation, factory functions and
 * benchmarks read it, so that none of them repeats it.
 */
export interface Mechanism {
	/** The exported name. */
	readonly name: string;
	/** The package that exports it. */
	readonly package: `@heed/${string}`;
	/** Which of the choices of attention it is, which is also its folder. */
	readonly family:
		| "attention"
		| "score"
		| "normalize"
		| "mask"
		| "position"
		| "heads"
		| "cache"
		| "sample"
		| "warp"
		| "linear"
		| "resample"
		| "convolution"
		| "pooling"
		| "recurrent"
		| "transformer"
		| "normalization"
		| "reading"
		| "tagging"
		| "decode"
		| "models"
		| "hard"
		| "temporal"
		| "channel"
		| "spatial"
		| "token"
		| "mixed"
		| "branch";
	/** What its weights live on. */
	readonly domain: "any" | "sequence" | "image";
	/** One line: the formula or the idea. */
	readonly summary: string;
	/** Where it was published, if anywhere. */
	readonly paper?: { readonly title: string; readonly year: number; readonly url: string };
	/** Which masks it takes. */
	readonly masks: readonly ("bool" | "bias" | "lengths" | "causal" | "window")[];
	/** `exact`, an `estimator` (unbiased or not, see its page), or `none`. */
	readonly gradient: "exact" | "estimator" | "none";
	/** The backends that its tests run on. */
	readonly backends: readonly string[];
}

/** The mechanisms of this package. Other packages list theirs in their own registry. */
export const coreMechanisms: readonly Mechanism[] = [
	...dotProductMechanisms,
	...scoreMechanisms,
	...normalizeMechanisms,
	...maskMechanisms,
	...positionMechanisms,
	...headsMechanisms,
	...warpMechanisms,
	...resampleMechanisms,
	...convolutionMechanisms,
	...sampleMechanisms,
	...linearMechanisms,
	...cacheMechanisms,
];
