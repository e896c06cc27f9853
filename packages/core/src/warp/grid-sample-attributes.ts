/** Name of the kernel that samples an image at the points of a grid: `{image, grid}` → output. */
export const GRID_SAMPLE = "GridSample";

/** Name of the kernel of its gradients: `{dy, image, grid}` → `[dImage, dGrid]`. */
export const GRID_SAMPLE_GRAD = "GridSampleGrad";

/** How the value between pixels is found. */
export type GridInterpolation = "bilinear" | "nearest" | "bicubic";

/** What lies outside of the image: nothing, its outermost pixels, or its mirror image. */
export type GridPadding = "zeros" | "border" | "reflection";

/** The attributes of both kernels. */
export type GridSampleAttributes = {
	readonly interpolation: GridInterpolation;
	readonly padding: GridPadding;
	readonly alignCorners: boolean;
};
