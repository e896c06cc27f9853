import type { Mechanism } from "@heed/core";
import { attentionMechanisms } from "./attention/mechanisms.ts";

/** The mechanisms of this package, each in its folder's list. */
export const mechanisms: readonly Mechanism[] = [...attentionMechanisms];
