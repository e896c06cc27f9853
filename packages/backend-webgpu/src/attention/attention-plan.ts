import type { DeviceTier } from "../device/device-tier.ts";
import { type GpuProgram, groupsPerDimension, linearGroups } from "../device/gpu-programs.ts";
import {
	biasGradProgram,
	decodeProgram,
	divisorProgram,
	forwardProgram,
	keyGradProgram,
	mergeProgram,
	queryGradProgram,
	rowSumProgram,
	sinkGradProgram,
} from "./attention-programs.ts";
import type { AttentionSpec } from "./attention-shader.ts";
import { type Tile, tileSizes } from "./tile.ts";
import { decodeTileFor, tilesFor } from "./tile-table.ts";

/** The sizes of a problem. */
export interface AttentionSizes {
	readonly batch: number;
	readonly heads: number;
	readonly keyHeads: number;
	readonly queries: number;
	readonly keys: number;
	/** The shape of the bias, where there is one. */
	readonly bias?: readonly number[] | undefined;
}

/** A program and its workgroups along x, y and z. */
export interface Step {
	readonly program: GpuProgram;
	readonly groups: readonly [number, number, number];
}

/** How a problem is computed forward: at once, or its keys in so many parts that are then merged. */
export type ForwardPlan =
	| { readonly whole: Step }
	| { readonly whole?: undefined; readonly splits: number; readonly part: Step; readonly merge: Step };

/** How the gradients of a problem are computed, step by step. */
export interface BackwardPlan {
	readonly rowSums: Step;
	readonly divisors?: Step;
	readonly keyGrad: Step;
	readonly queryGrad: Step;
	readonly biasGrad?: Step;
	readonly sinkGrad?: Step;
}

/** Chooses the kernels of a problem, forward. */
export function forwardPlan(spec: AttentionSpec, sizes: AttentionSizes, tier: DeviceTier): ForwardPlan {
	const { batch, heads, keyHeads, queries, keys } = sizes;
	const rows = (heads / keyHeads) * queries;
	const tiles = tilesFor(spec.headDim, spec.valueDim, tier);
	const tile = batch * keyHeads <= groupsPerDimension ? decodeTileFor(rows, keys, tiles) : undefined;
	if (tile === undefined) {
		const { forward } = tiles;
		const program = forwardProgram(spec, forward);
		return { whole: { program, groups: headGroups(queries, forward, batch * heads) } };
	}
	const splits = Math.ceil(keys / tile.keys);
	return {
		splits,
		part: {
			program: decodeProgram(spec, tile),
			groups: [splits * Math.ceil(rows / tile.rows), batch * keyHeads, 1],
		},
		merge: { program: mergeProgram(spec), groups: linearGroups(batch * heads * queries, 1) },
	};
}

/** Chooses the kernels of a problem's gradients. */
export function backwardPlan(spec: AttentionSpec, sizes: AttentionSizes, tier: DeviceTier): BackwardPlan {
	const { batch, heads, keyHeads, queries, keys, bias } = sizes;
	const { keyGrad, queryGrad, biasGrad } = tilesFor(spec.headDim, spec.valueDim, tier);
	const plan: BackwardPlan = {
		rowSums: { program: rowSumProgram(spec), groups: linearGroups(batch * heads * queries, 64) },
		keyGrad: {
			program: keyGradProgram(spec, keyGrad),
			groups: headGroups(keys, keyGrad, batch * keyHeads),
		},
		queryGrad: {
			program: queryGradProgram(spec, queryGrad),
			groups: headGroups(queries, queryGrad, batch * heads),
		},
		...(spec.sinks && { sinkGrad: { program: sinkGradProgram(spec), groups: [heads, 1, 1] } }),
	};
	if (bias === undefined) return plan;
	const [items = 1, biasHeads = 1, biasQueries = 1, biasKeys = 1] = bias;
	const broadcast = { queries: biasQueries === 1, keys: biasKeys === 1 };
	const { blockRows, blockColumns } = tileSizes(biasGrad);
	return {
		...plan,
		divisors: {
			program: divisorProgram(spec, biasGrad),
			groups: headGroups(queries, biasGrad, batch * heads),
		},
		biasGrad: {
			program: biasGradProgram(spec, biasGrad, broadcast),
			groups: [
				broadcast.queries ? 1 : Math.ceil(queries / blockRows),
				broadcast.keys ? 1 : Math.ceil(keys / blockColumns),
				items * biasHeads,
			],
		},
	};
}

/** Workgroups of blocks of rows, and of heads, which may be more than one dimension takes. */
function headGroups(rows: number, tile: Tile, heads: number): readonly [number, number, number] {
	const [y, z] = linearGroups(heads, 1);
	return [Math.ceil(rows / tileSizes(tile).blockRows), y, z];
}
