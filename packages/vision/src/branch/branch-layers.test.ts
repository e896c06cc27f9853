import { describeOnEveryBackend } from "@heed/testing";
import { describeImageLayers, type ImageLayerCase } from "../../test/image-layer-contract.ts";
import { dynamicConv2d } from "./dynamic-conv2d.ts";
import { selectiveKernel } from "./selective-kernel.ts";
import { splitAttention } from "./split-attention.ts";

const kind = "branch";
const channels = 7;
const common = { seed: 0, minRd: 3 };
/** In training the norm of two rows makes much of little: not by smaller steps. */
const gradientAt = { seed: 6, step: 0.002, weightStep: 0.0005, tolerance: 0.01 };

const cases: ImageLayerCase[] = [
	{
		name: "selectiveKernel",
		kind,
		map: { branch: 2, channel: channels },
		sum: channels,
		make: (more) => selectiveKernel({ ...common, groups: 1, ...more }),
		gradientAt,
	},
	{
		name: "splitAttention, radix 7",
		kind,
		map: { branch: 7, channel: channels },
		refusesOneChannel: /splitAttention: x has 1 channels, which do not fall into 7/,
		sum: channels,
		make: (more) => splitAttention({ ...common, radix: 7, ...more }),
		gradientAt: { ...gradientAt, seed: 3 },
	},
	{
		name: "splitAttention, radix 1",
		kind,
		map: { branch: 1, channel: channels },
		make: (more) => splitAttention({ ...common, radix: 1, ...more }),
		gradientAt: { ...gradientAt, seed: 3 },
	},
	{
		name: "dynamicConv2d",
		kind,
		map: { branch: 4 },
		sum: 1,
		make: (more) => dynamicConv2d({ seed: 0, temperature: 2, ...more }),
		gradientAt: { seed: 6, step: 0.005 },
	},
	{
		name: "dynamicConv2d, sigmoid",
		kind,
		map: { branch: 3 },
		make: (more) => dynamicConv2d({ seed: 0, routing: "sigmoid", experts: 3, useBias: false, ...more }),
	},
];

describeOnEveryBackend("a layer that weighs branches", () => {
	describeImageLayers(cases);
});
