import { expectWholeRegistry } from "@heed/testing";
import { test } from "vitest";
import * as vision from "./index.ts";

/** Exported classes and functions that are no mechanisms. A new one belongs in the registry of its folder, or here. */
const others: Record<string, readonly string[]> = {
	"bases of layers": [
		"BranchAttention",
		"ChannelGate",
		"FrameAttention",
		"ImageAttention",
		"MixedAttention",
		"PairwiseAttention",
		"SpatialGate",
		"VisionAttention",
	],
	"attention and models by name": ["createAttention", "expectedParams", "withAttention"],
	"a layer of @heed/layers with other defaults": ["vitBlock"],
	"parts of models": ["Convolution2d", "convolution2dLayer"],
	"weights of others": ["recurrentAttentionFromTorch"],
};

test("every mechanism has an entry, and every entry is exported", () => {
	expectWholeRegistry({
		from: "@heed/vision",
		exports: vision,
		mechanisms: vision.visionMechanisms,
		others,
	});
});
