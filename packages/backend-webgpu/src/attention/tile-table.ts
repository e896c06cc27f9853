import type { DeviceTier } from "../device/device-tier.ts";
import { type DecodeTile, decodeThreads } from "./decode-shaders.ts";
import { type Tile, workgroupBytes } from "./tile.ts";

/** The tiles of the kernels of one head size. */
export interface AttentionTiles {
	readonly forward: Tile;
	readonly keyGrad: Tile;
	readonly queryGrad: Tile;
	readonly biasGrad: Tile;
}

const tile = (
	threadsX: number,
	threadsY: number,
	rows: number,
	columns: number,
	depth: number,
	chunk: number,
): Tile => ({ threadsX, threadsY, rows, columns, depth, chunk });

/** What a head size of up to `dim` is computed with, in 16 KiB of workgroup memory. */
const table: readonly { readonly dim: number; readonly tiles: AttentionTiles }[] = [
	{
		dim: 128,
		tiles: {
			forward: tile(8, 16, 8, 8, 16, 16),
			keyGrad: tile(8, 16, 4, 8, 16, 16),
			queryGrad: tile(8, 16, 4, 8, 16, 16),
			biasGrad: tile(8, 16, 4, 8, 16, 16),
		},
	},
	{
		dim: 256,
		tiles: {
			forward: tile(8, 8, 4, 8, 16, 8),
			keyGrad: tile(8, 16, 4, 4, 16, 8),
			queryGrad: tile(8, 8, 4, 8, 16, 8),
			biasGrad: tile(8, 16, 4, 8, 16, 16),
		},
	},
];

/** Small kernels, for adapters that are a program: there compiling takes longer than running. */
const softwareTile = tile(8, 8, 4, 1, 8, 8);

const software: AttentionTiles = {
	forward: softwareTile,
	keyGrad: softwareTile,
	queryGrad: softwareTile,
	biasGrad: softwareTile,
};

let override: Partial<AttentionTiles> | undefined;

/** Uses these tiles instead of the table's, for all problems and devices; nothing to go back. */
export function overrideTiles(tiles?: Partial<AttentionTiles>): void {
	override = tiles;
}

/** The largest head or value size that the kernels take. */
export const largestDim = 256;

/** The tiles for a problem: of its head size, small ones on a software adapter, with what the device has beside the baseline. */
export function tilesFor(headDim: number, valueDim: number, tier: DeviceTier): AttentionTiles {
	const dim = Math.max(headDim, valueDim);
	const entry = table.find((row) => dim <= row.dim);
	if (entry === undefined) throw new Error(`No tile for vectors of ${dim}.`);
	const chosen = tier.software === true ? software : entry.tiles;
	const { forward, keyGrad, queryGrad, biasGrad } = { ...chosen, ...override };
	const onDevice = (tile: Tile): Tile => ({
		...tile,
		...(tile.threadsX <= tier.subgroupSize && { subgroups: true }),
		...(tier.half !== undefined && { half: tier.half }),
	});
	return {
		forward: onDevice(forward),
		keyGrad: onDevice(keyGrad),
		queryGrad: onDevice(queryGrad),
		biasGrad: onDevice(biasGrad),
	};
}

/** Workgroup memory that a problem takes at most, in bytes. */
export function largestWorkgroup(
	{ forward, keyGrad, queryGrad }: AttentionTiles,
	headDim: number,
	valueDim: number,
): number {
	return Math.max(
		workgroupBytes(forward, [valueDim]),
		workgroupBytes(keyGrad, [headDim, valueDim]),
		workgroupBytes(queryGrad, [headDim]),
	);
}

/**
 * How to split a problem of few queries over its keys, or nothing where the forward kernel is the better one.
 *
 * @param rows Queries that share a key/value head.
 */
export function decodeTileFor(rows: number, keys: number): DecodeTile | undefined {
	if (rows > 32 || keys < 2 * decodeThreads) return undefined;
	const perGroup = Math.min(4, 2 ** Math.ceil(Math.log2(rows)));
	return { rows: perGroup, keys: perGroup === 4 ? 128 : 256 };
}
