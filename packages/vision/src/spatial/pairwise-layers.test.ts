import { describeOnEveryBackend } from "@heed/testing";
import { describeImageLayers, type ImageLayerCase } from "../../test/image-layer-contract.ts";
import { crissCross } from "./criss-cross.ts";
import { knnAttention2d } from "./knn-attention-2d.ts";
import { nonLocal } from "./non-local.ts";
import { windowAttention } from "./window-attention.ts";

const common = { seed: 0 };
const heads = { ...common, numHeads: 2, keyDim: 3 };
const pixels = 15;
const pairs = (count: number, query = pixels, key = query): Record<string, number> => ({
	heads: count,
	query,
	key,
});
const kind = "pairwise" as const;

const cases: ImageLayerCase[] = [
	{
		name: "nonLocal, embedded Gaussian",
		kind,
		map: pairs(1),
		sum: pixels,
		make: (more) => nonLocal({ ...common, ...more }),
	},
	{
		name: "nonLocal, Gaussian, maxima",
		kind,
		map: pairs(1, pixels, 6),
		sum: pixels,
		gradientAt: { seed: 7, step: 0.003, tolerance: 1e-2 },
		make: (more) => nonLocal({ ...common, mode: "gaussian", subSample: true, zeroInit: false, ...more }),
	},
	{
		name: "nonLocal, dot",
		kind,
		map: pairs(1),
		make: (more) => nonLocal({ ...common, mode: "dot", ...more }),
	},
	{
		name: "nonLocal, concatenation",
		kind,
		map: pairs(1),
		gradientAt: { seed: 3, step: 0.001, weightStep: 1e-4, tolerance: 2e-2 },
		make: (more) => nonLocal({ ...common, mode: "concatenation", ...more }),
	},
	{
		name: "knnAttention2d, near",
		kind,
		map: pairs(2),
		sum: 2 * pixels,
		gradientAt: { seed: 5, step: 0.002, weightStep: 2e-4, tolerance: 1e-2 },
		make: (more) => knnAttention2d({ ...heads, k: 2, window: 3, ...more }),
	},
	{
		name: "crissCross",
		kind,
		map: { height: 5, width: 3, key: 8 },
		sum: pixels,
		parts: { pairwise: ["height", "width", "key"] },
		make: (more) => crissCross({ ...common, ...more }),
	},
	{
		name: "windowAttention, shifted",
		kind,
		map: { window: 6, ...pairs(2, 4) },
		make: (more) => windowAttention({ ...heads, windowSize: 2, shift: 1, ...more }),
	},
];

describeOnEveryBackend("a layer in which pixels look at pixels", () => {
	describeImageLayers(cases);
});
