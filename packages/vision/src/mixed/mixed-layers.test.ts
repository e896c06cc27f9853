import { describeOnEveryBackend } from "@heed/testing";
import { describeImageLayers, type ImageLayerCase } from "../../test/image-layer-contract.ts";
import { bam } from "./bam.ts";
import { cbam } from "./cbam.ts";
import { coordinateAttention } from "./coordinate-attention.ts";
import { residualAttentionModule } from "./residual-attention-module.ts";
import { scaCnnAttention } from "./sca-cnn-attention.ts";
import { scSE } from "./scse.ts";
import { simAM } from "./sim-am.ts";
import { tripletAttention } from "./triplet-attention.ts";

const common = { seed: 0 };
const kind = "element";
const [channel, spatial] = [["channel"], ["height", "width"]];
const strips = { rows: ["height", "channel"], columns: ["width", "channel"] };

const cases: ImageLayerCase[] = [
	{
		name: "cbam",
		kind,
		parts: { channel, spatial },
		make: (more) => cbam({ ...common, rdRatio: 1 / 2, kernelSize: 3, ...more }),
	},
	{
		name: "cbam, pixels first",
		kind,
		parts: { spatial, channel },
		make: (more) =>
			cbam({ ...common, variant: "paper", rdRatio: 1 / 2, kernelSize: 3, order: "sc", ...more }),
	},
	{
		name: "cbam, both of the same image",
		kind,
		parts: { channel, spatial },
		make: (more) => cbam({ ...common, rdRatio: 1 / 2, kernelSize: 3, order: "parallel", ...more }),
	},
	{
		name: "cbam of timm",
		kind,
		parts: { channel, spatial },
		make: (more) => cbam({ ...common, variant: "timm", rdDivisor: 2, kernelSize: 3, ...more }),
	},
	{
		name: "bam",
		kind,
		parts: { channel, spatial },
		make: (more) => bam({ ...common, rdChannels: 3, dilation: 2, ...more }),
		gradientAt: { seed: 6, step: 0.002 },
	},
	{
		name: "bam of the paper",
		kind,
		parts: { channel, spatial },
		make: (more) => bam({ ...common, variant: "paper", rdChannels: 3, dilation: 2, ...more }),
		gradientAt: { seed: 2, step: 0.002 },
	},
	{
		name: "scSE",
		kind,
		parts: { channel, spatial },
		make: (more) => scSE({ ...common, ...more }),
	},
	{
		name: "scaCnnAttention",
		kind,
		parts: { channel, spatial },
		make: (more) => scaCnnAttention({ ...common, units: 3, ...more }),
		takesQuery: true,
		sum: 1,
	},
	{
		name: "scaCnnAttention, pixels first",
		kind,
		parts: { spatial, channel },
		make: (more) => scaCnnAttention({ ...common, units: 3, order: "sc", ...more }),
		takesQuery: true,
		sum: 1,
	},
	{
		name: "residualAttentionModule",
		kind,
		make: (more) => residualAttentionModule({ ...common, depth: 2, t: 1, ...more }),
		takesMask: false,
		gradientAt: { seed: 9, step: 0.002, weightStep: 0.00025, tolerance: 0.02 },
	},
	{
		name: "residualAttentionModule, naive, by channels",
		kind,
		make: (more) =>
			residualAttentionModule({
				...{ ...common, depth: 1, t: 1, p: 0, activation: "channel", residual: false },
				...more,
			}),
		takesMask: false,
		gradientAt: { seed: 2, step: 0.002, weightStep: 0.00025, tolerance: 0.02 },
	},
	{
		name: "residualAttentionModule, of units of ResNeXt",
		kind,
		make: (more) =>
			residualAttentionModule({ ...common, depth: 1, t: 1, p: 0, unit: "resnext", groups: 2, ...more }),
		takesMask: false,
		refusesOneChannel: /1 channels, which makes 1 inside the units/,
		gradientAt: { seed: 9, step: 0.002, weightStep: 0.00025, tolerance: 0.02 },
	},
	{
		name: "residualAttentionModule, double skips, by pixels",
		kind,
		make: (more) =>
			residualAttentionModule({
				...{ ...common, depth: 2, t: 1, p: 0, activation: "spatial", skip: "double", poolPadding: 1 },
				...more,
			}),
		takesMask: false,
		gradientAt: { seed: 9, step: 0.002, weightStep: 0.00025, tolerance: 0.02 },
	},
	{
		name: "coordinateAttention",
		kind,
		parts: strips,
		make: (more) => coordinateAttention({ ...common, minRd: 3, ...more }),
	},
	{
		name: "tripletAttention",
		kind,
		parts: { ...strips, spatial },
		make: (more) => tripletAttention({ ...common, kernelSize: 3, ...more }),
		gradientAt: { seed: 1, step: 0.005 },
	},
	{
		name: "simAM",
		kind,
		make: (more) => simAM({ ...common, ...more }),
		refusesFit: true,
	},
];

describeOnEveryBackend("a layer that weighs elements", () => {
	describeImageLayers(cases);
});
