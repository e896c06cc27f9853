import * as tf from "@tensorflow/tfjs-core";
import { checkDtype, checkNumber, checkOptions, checkRank, checkShape, describeShape } from "../checks.ts";
import { HeedError } from "../errors.ts";
import { checkGridSize, type GridOptions, type GridSize } from "./grid-size.ts";
import { invertMatrix } from "./invert-matrix.ts";
import { targetPoints } from "./target-coordinates.ts";

/** Options of {@link thinPlateSplineGrid}. */
export interface ThinPlateSplineGridOptions extends GridOptions {
	/** Control points per side. Default: the square root of their number. */
	readonly gridSize?: number | undefined;
}

const where = "thinPlateSplineGrid";
const axes = ["batch", "point", "xy"] as const;

/** The radial function of a thin plate, r² log r², with U(0) = 0. */
function bend([ax, ay]: readonly [number, number], [bx, by]: readonly [number, number]): number {
	const squared = (ax - bx) ** 2 + (ay - by) ** 2;
	return squared === 0 ? 0 : squared * Math.log(squared);
}

/**
 * Where the control points of {@link thinPlateSplineGrid} rest: a regular grid over -1..1, row by row, as (x, y). As
 * `controlPoints` they give the identity.
 */
export function thinPlateSplineControlPoints(gridSize: number): [x: number, y: number][] {
	checkNumber("thinPlateSplineControlPoints", "gridSize", gridSize, { integer: true, min: 2 });
	return targetPoints([gridSize, gridSize], true);
}

/** Products of the last few sizes, as plain numbers: they outlive a change of backend and count as no tensor. */
const spreads = new Map<string, Float32Array>();
const keptSpreads = 8;

/**
 * How far each output point follows each control point: `[U(target, rest), 1, target] · L⁻¹`, of which only the columns
 * of the control points meet something other than 0. `L = [[K, P], [Pᵀ, 0]]`, `K` = U between the rest positions and
 * `P` = (1, x, y) of them; it is inverted in float64.
 */
function spreadMatrix(size: GridSize, gridSize: number, alignCorners: boolean): Float32Array {
	const id = [...size, gridSize, alignCorners].join();
	const known = spreads.get(id);
	if (known !== undefined) return known;
	const rest = thinPlateSplineControlPoints(gridSize);
	const affine = ([x, y]: readonly [number, number]): number[] => [1, x, y];
	const upper = rest.map((point) => [...rest.map((other) => bend(point, other)), ...affine(point)]);
	const lower = [0, 1, 2].map((i) => [...rest.map((point) => affine(point)[i] ?? 0), 0, 0, 0]);
	const inverse = invertMatrix([...upper, ...lower]);
	const spread = Float32Array.from(
		targetPoints(size, alignCorners).flatMap((target) => {
			const basis = [...rest.map((point) => bend(target, point)), ...affine(target)];
			return rest.map((_, column) =>
				basis.reduce((sum, b, row) => sum + b * (inverse[row]?.[column] ?? 0), 0),
			);
		}),
	);
	for (const oldest of spreads.keys()) {
		if (spreads.size < keptSpreads) break;
		spreads.delete(oldest);
	}
	spreads.set(id, spread);
	return spread;
}

/**
 * The grid of a thin plate spline: the smoothest warp that takes each control point of a regular grid to where
 * `controlPoints` says.
 *
 * ```text
 * grid = M · controlPoints          M [outHeight · outWidth, K] is constant: see `spreadMatrix`
 * ```
 *
 * The control points rest at {@link thinPlateSplineControlPoints}; moving all of them by an affine map gives that
 * affine grid exactly. There is no solver at run time, so the gradient is that of a matrix product. Few points suffice
 * (4 per side in the paper); M has outHeight · outWidth · K entries.
 *
 * Bookstein, Principal Warps, https://doi.org/10.1109/34.24792;
 * Jaderberg et al., Spatial Transformer Networks, https://arxiv.org/abs/1506.02025
 *
 * @param controlPoints `[batch, gridSize², 2]` with (x, y), row by row, float32. Differentiable.
 * @param size `[outHeight, outWidth]`.
 * @returns `[batch, outHeight, outWidth, 2]` with (x, y), for `gridSample`.
 * @throws HeedError if a shape, an element type or an option does not fit.
 */
export function thinPlateSplineGrid(
	controlPoints: tf.Tensor3D,
	size: GridSize,
	options: ThinPlateSplineGridOptions = {},
): tf.Tensor4D {
	checkOptions(where, options, ["alignCorners", "gridSize"]);
	checkRank(where, "controlPoints", controlPoints, axes);
	const [batch, count] = controlPoints.shape;
	const { alignCorners = false, gridSize = Math.sqrt(count) } = options;
	if (options.gridSize === undefined && !(Number.isInteger(gridSize) && gridSize >= 2)) {
		const came = describeShape("controlPoints", controlPoints.shape, axes);
		throw new HeedError("SHAPE", where, `${came}: expected 4, 9, 16, 25 ... points, a square grid of them.`);
	}
	checkNumber(where, "gridSize", gridSize, { integer: true, min: 2 });
	const expected = [null, gridSize ** 2, 2];
	checkShape(where, "controlPoints", controlPoints, axes, expected, `gridSize ${gridSize}`);
	checkDtype(where, "controlPoints", controlPoints, "float32");
	checkGridSize(where, size);
	return tf.tidy(() => {
		const spread = tf.tensor2d(spreadMatrix(size, gridSize, alignCorners), [size[0] * size[1], count]); // [P, K]
		const moved = tf.reshape(tf.transpose(controlPoints, [1, 0, 2]), [count, batch * 2]); // [K, B 2]
		const points = tf.reshape(tf.matMul(spread, moved), [size[0] * size[1], batch, 2]); // [P, B, 2]
		return tf.reshape(tf.transpose(points, [1, 0, 2]), [batch, size[0], size[1], 2]);
	});
}
