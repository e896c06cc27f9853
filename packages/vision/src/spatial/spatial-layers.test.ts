import { describeOnEveryBackend } from "@heed/testing";
import { describeImageLayers, type ImageLayerCase } from "../../test/image-layer-contract.ts";
import { attentionPooling2d } from "./attention-pooling-2d.ts";
import { cbamSpatialGate } from "./cbam-spatial-gate.ts";
import { querySpatialAttention } from "./query-spatial-attention.ts";
import { spatialSqueezeExcite } from "./spatial-squeeze-excite.ts";

const common = { seed: 0 };
const query = { ...common, units: 3 };

const cases: ImageLayerCase[] = [
	{
		name: "cbamSpatialGate",
		kind: "spatial",
		make: (more) => cbamSpatialGate({ ...common, kernelSize: 3, ...more }),
	},
	{
		name: "spatialSqueezeExcite",
		kind: "spatial",
		make: (more) => spatialSqueezeExcite({ ...common, ...more }),
	},
	{
		name: "querySpatialAttention, tanh, scalar gate",
		kind: "spatial",
		make: (more) => querySpatialAttention({ ...query, gate: "scalar", ...more }),
		takesQuery: true,
		reduces: true,
		sum: 1,
	},
	{
		name: "querySpatialAttention, relu, vector gate, image kept",
		kind: "spatial",
		make: (more) =>
			querySpatialAttention({
				...query,
				activation: "relu",
				queryBias: true,
				gate: "vector",
				reduce: false,
				rescale: true,
				...more,
			}),
		takesQuery: true,
		sum: 1,
	},
	{
		name: "attentionPooling2d",
		kind: "spatial",
		make: (more) => attentionPooling2d({ ...query, ...more }),
		reduces: true,
		sum: 1,
	},
	{
		name: "attentionPooling2d, sigmoid, image kept",
		kind: "spatial",
		make: (more) => attentionPooling2d({ ...query, normalisation: "sigmoid", reduce: false, ...more }),
	},
];

describeOnEveryBackend("a layer that weighs pixels", () => {
	describeImageLayers(cases);
});
