import type { Mechanism } from "@heed/core";
import { attentionMechanisms } from "./attention/mechanisms.ts";
import { decodeMechanisms } from "./decode/mechanisms.ts";
import { modelMechanisms } from "./models/mechanisms.ts";
import { poolingMechanisms } from "./pooling/mechanisms.ts";
import { readingMechanisms } from "./reading/mechanisms.ts";
import { recurrentMechanisms } from "./recurrent/mechanisms.ts";
import { taggingMechanisms } from "./tagging/mechanisms.ts";

/** The mechanisms of this package, each in its folder's list. */
export const nlpMechanisms: readonly Mechanism[] = [
	...attentionMechanisms,
	...decodeMechanisms,
	...modelMechanisms,
	...poolingMechanisms,
	...readingMechanisms,
	...recurrentMechanisms,
	...taggingMechanisms,
];
