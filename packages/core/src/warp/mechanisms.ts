import type { Mechanism } from "../registry.ts";

const paper = { title: "Spatial Transformer Networks", year: 2015, url: "https://arxiv.org/abs/1506.02025" };
const common = {
	package: "@heed/core",
	family: "warp",
	domain: "image",
	masks: [],
	gradient: "exact",
	backends: ["cpu", "wasm"],
} as const;

/** What this folder offers, for the registry. */
export const warpMechanisms: readonly Mechanism[] = [
	{
		...common,
		name: "gridSample",
		backends: ["cpu", "wasm", "webgpu"],
		summary: "Reads an image at the points of a grid: bilinear, nearest or bicubic.",
		paper,
	},
	{ ...common, name: "affineGrid", summary: "Grid of an affine transform: theta · (x, y, 1).", paper },
	{
		...common,
		name: "attentionGrid",
		summary: "Grid of a crop: [[s, 0, tx], [0, s, ty]] · (x, y, 1).",
		paper,
	},
	{
		...common,
		name: "projectiveGrid",
		summary: "Grid of a projective transform, guarded on the horizon.",
		paper,
	},
	{
		...common,
		name: "thinPlateSplineGrid",
		summary: "Grid of the smoothest warp through moved control points: one constant matrix product.",
		paper: { title: "Principal Warps", year: 1989, url: "https://doi.org/10.1109/34.24792" },
	},
	{
		...common,
		name: "thinPlateSplineControlPoints",
		summary: "Control points at rest, a square grid of them: thinPlateSplineGrid of these is the identity.",
		gradient: "none",
	},
];
