import type { Mechanism } from "@heed/core";
import { branchMechanisms } from "./branch/mechanisms.ts";
import { channelMechanisms } from "./channel/mechanisms.ts";
import { hardMechanisms } from "./hard/mechanisms.ts";
import { mixedMechanisms } from "./mixed/mechanisms.ts";
import { modelMechanisms } from "./models/mechanisms.ts";
import { spatialMechanisms } from "./spatial/mechanisms.ts";
import { temporalMechanisms } from "./temporal/mechanisms.ts";
import { tokenMechanisms } from "./token/mechanisms.ts";
import { warpMechanisms } from "./warp/mechanisms.ts";

/** The mechanisms of this package, each in its folder's list. */
export const visionMechanisms: readonly Mechanism[] = [
	...branchMechanisms,
	...channelMechanisms,
	...hardMechanisms,
	...mixedMechanisms,
	...modelMechanisms,
	...spatialMechanisms,
	...warpMechanisms,
	...temporalMechanisms,
	...tokenMechanisms,
];
