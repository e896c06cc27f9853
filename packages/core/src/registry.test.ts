import { expectWholeRegistry } from "@heed/testing";
import { test } from "vitest";
import * as core from "./index.ts";

/** Exported functions that are no mechanisms. A new one belongs in the registry of its folder, or here. */
const others: Record<string, readonly string[]> = {
	"checks and errors": [
		"HeedError",
		"checkChoice",
		"checkDtype",
		"checkFlag",
		"checkNotEmpty",
		"checkNumber",
		"checkOptions",
		"checkRank",
		"checkShape",
		"describeShape",
		"nearestName",
		"resolveAxis",
	],
	"kernels, which a backend may replace, and their arguments": [
		"broadcastStrides",
		"onKernelPath",
		"registerFusedAttention",
		"registerFusedGridSample",
		"runDifferentiableOp",
		"unregisterFusedAttention",
		"unregisterFusedGridSample",
		"visibleBounds",
	],
	"recurrent cells": ["gruResetBeforeSequence", "gruSequence", "lstmSequence"],
	"bits and memory": ["disposeCache", "mixBits", "seedKey"],
};

test("every mechanism has an entry, and every entry is exported", () => {
	expectWholeRegistry({ from: "@heed/core", exports: core, mechanisms: core.coreMechanisms, others });
});
