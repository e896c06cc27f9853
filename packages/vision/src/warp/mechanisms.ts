import type { Mechanism } from "@heed/core";

const common = {
	package: "@heed/vision",
	family: "warp",
	domain: "image",
	paper: { title: "Spatial Transformer Networks", year: 2015, url: "https://arxiv.org/abs/1506.02025" },
	masks: [],
	gradient: "exact",
	backends: ["cpu", "wasm"],
} as const;

/** The mechanisms of this folder. */
export const warpMechanisms: readonly Mechanism[] = [
	{
		...common,
		name: "SpatialTransformer",
		summary: "Reads the image where theta(x) says: affine, crop, projective or thin plate spline",
	},
	{ ...common, name: "AffineGrid", summary: "theta · (x, y, 1) for every output pixel, as a layer" },
	{ ...common, name: "GridSample", summary: "An image at the points of a grid, as a layer" },
];
