import { expectClose, randomTensor, useBackend } from "@heed/testing";
import type * as tf from "@tensorflow/tfjs-core";
import { input, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { describe, expect, it } from "vitest";
import { saveAndLoad } from "../../test/save-and-load.ts";
import { bam } from "./bam.ts";
import { cbam } from "./cbam.ts";
import { coordinateAttention } from "./coordinate-attention.ts";
import { residualAttentionModule } from "./residual-attention-module.ts";
import { scaCnnAttention } from "./sca-cnn-attention.ts";
import { scSE } from "./scse.ts";
import { simAM } from "./sim-am.ts";
import { tripletAttention } from "./triplet-attention.ts";

const spatial = { kernelSize: 5, norm: false, poolOrder: "meanMax", gammaInitializer: "zeros" } as const;
const reduction = { rdRatio: 1 / 4, rdChannels: 3, rdDivisor: 2, roundLimit: 0.5 };
const units = { p: 0, t: 1, r: 2, depth: 1 };
const grouped = { ...units, unit: "resnext", groups: 3 } as const;
const modules = {
	activation: "channel",
	residual: false,
	skip: "double",
	coordinates: "half-pixel",
	poolPadding: 1,
} as const;

describe("arguments that are not the defaults", () => {
	useBackend("cpu");

	it("come back from a saved model, in every layer that is mixed", async () => {
		const layers = [
			[
				cbam({ order: "parallel", mlpBias: false, variant: "timm", ...spatial, ...reduction }),
				{ order: "parallel" },
			],
			[
				bam({ dilation: 3, numDilated: 1, combine: "product", variant: "paper", ...reduction }),
				{ numDilated: 1 },
			],
			[scSE({ combine: "add", ...reduction }), { combine: "add", ...reduction }],
			[coordinateAttention({ rdRatio: 1 / 2, minRd: 2, useBias: false }), { minRd: 2, useBias: false }],
			[tripletAttention({ kernelSize: 3, spatial: false }), { kernelSize: 3, spatial: false }],
			[simAM({ lambda: 0.5 }), { lambda: 0.5 }],
			[residualAttentionModule({ ...units, ...modules }), { ...units, ...modules }],
			[residualAttentionModule(grouped), grouped],
			[scaCnnAttention({ order: "sc", units: 3, rescale: false }), { order: "sc", units: 3, rescale: false }],
		] as const;
		const x = input({ shape: [null, null, 5] });
		const query = input({ shape: [2] });
		const outputs = layers.map(([layer], i) =>
			layer.apply(i === layers.length - 1 ? [x, query] : x),
		) as SymbolicTensor[];
		const saved = model({ inputs: [x, query], outputs });
		const loaded = await saveAndLoad(saved);
		for (const [layer, some] of layers) {
			const config = loaded.getLayer(layer.name).getConfig();
			expect(config).toEqual(layer.getConfig());
			expect(config).toMatchObject(some);
		}
		const data = [randomTensor([2, 4, 3, 5], 1), randomTensor([2, 2], 2)];
		const [before, after] = [saved, loaded].map((one) => one.predict(data) as tf.Tensor[]);
		before?.forEach((output, i) => {
			expectClose(after?.[i] as tf.Tensor, output, { atol: 0 });
		});
	});
});
