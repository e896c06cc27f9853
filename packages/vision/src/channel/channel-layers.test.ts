import { describeOnEveryBackend } from "@heed/testing";
import { describeImageLayers, type ImageLayerCase } from "../../test/image-layer-contract.ts";
import { cbamChannelGate } from "./cbam-channel-gate.ts";
import { channelQueryAttention } from "./channel-query-attention.ts";
import { effectiveSqueezeExcite } from "./effective-squeeze-excite.ts";
import { efficientChannelAttention } from "./efficient-channel-attention.ts";
import { frequencyChannelAttention } from "./frequency-channel-attention.ts";
import { gatedChannelTransform } from "./gated-channel-transform.ts";
import { gatherExcite } from "./gather-excite.ts";
import { globalContext } from "./global-context.ts";
import { hardChannelAttention } from "./hard-channel-attention.ts";
import { squeezeExcite } from "./squeeze-excite.ts";
import { styleRecalibration } from "./style-recalibration.ts";

const common = { seed: 0 };
const narrow = { ...common, rdChannels: 3 };

const cases: ImageLayerCase[] = [
	{
		name: "squeezeExcite",
		kind: "channel",
		make: (more) => squeezeExcite({ ...narrow, squeeze: "avgMax", ...more }),
	},
	{
		name: "effectiveSqueezeExcite",
		kind: "channel",
		make: (more) => effectiveSqueezeExcite({ ...common, gate: "softmax", ...more }),
		sum: 1,
	},
	{
		name: "efficientChannelAttention",
		kind: "channel",
		make: (more) => efficientChannelAttention({ ...common, circular: true, kernelSize: 5, ...more }),
	},
	{ name: "gatherExcite", kind: "channel", make: (more) => gatherExcite({ ...narrow, ...more }) },
	{
		name: "gatherExcite, extent 2, trained",
		kind: "element",
		make: (more) => gatherExcite({ ...narrow, extent: 2, extraParams: true, ...more }),
		takesMask: false,
	},
	{
		name: "gatherExcite, whole image, trained",
		kind: "channel",
		make: (more) => gatherExcite({ ...common, extraParams: true, useMlp: false, ...more }),
		takesMask: false,
		fixedSize: true,
	},
	{ name: "cbamChannelGate", kind: "channel", make: (more) => cbamChannelGate({ ...narrow, ...more }) },
	{ name: "styleRecalibration", kind: "channel", make: (more) => styleRecalibration({ ...common, ...more }) },
	{
		name: "gatedChannelTransform",
		kind: "channel",
		make: (more) => gatedChannelTransform({ ...common, ...more }),
	},
	{
		name: "channelQueryAttention",
		kind: "channel",
		make: (more) => channelQueryAttention({ ...common, units: 3, ...more }),
		takesQuery: true,
		sum: 1,
	},
	{
		name: "globalContext",
		kind: "spatial",
		make: (more) => globalContext({ ...narrow, fuse: "both", ...more }),
		sum: 1,
	},
	{
		name: "frequencyChannelAttention",
		kind: "channel",
		make: (more) =>
			frequencyChannelAttention({
				...narrow,
				gridSize: 3,
				frequencies: [
					[0, 0],
					[2, 1],
				],
				...more,
			}),
		takesMask: false,
	},
	{
		name: "hardChannelAttention, topk, k 3",
		kind: "channel",
		make: (more) => hardChannelAttention({ ...narrow, k: 3, estimator: "topk", ...more }),
		refusesOneChannel: /hardChannelAttention: `k` is 3/,
		sum: 3,
	},
	{
		name: "hardChannelAttention, straightThrough, k 3",
		kind: "channel",
		make: (more) => hardChannelAttention({ ...narrow, k: 3, ...more }),
		refusesOneChannel: /hardChannelAttention: `k` is 3/,
		sum: 3,
		isEstimate: true,
	},
	{
		name: "hardChannelAttention, gumbel",
		kind: "channel",
		make: (more) => hardChannelAttention({ ...narrow, estimator: "gumbel", temperature: 0.5, ...more }),
		sum: 1,
		isEstimate: true,
	},
	{
		name: "hardChannelAttention, reinforce",
		kind: "channel",
		make: (more) => hardChannelAttention({ ...narrow, estimator: "reinforce", ...more }),
		sum: 1,
		isEstimate: true,
		refusesFit: true,
	},
];

describeOnEveryBackend("a layer that weighs channels", () => {
	describeImageLayers(cases);
});
