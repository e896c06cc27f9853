import type { DeviceTier } from "../device/device-tier.ts";
import { groupsPerDimension } from "../device/gpu-programs.ts";
import { biasGradBytes } from "./bias-grad-shader.ts";
import { type AttentionTiles, checkTiles, type TileOverrides } from "./check-tiles.ts";
import { type DecodeTile, decodeBytes, decodeThreads } from "./decode-shaders.ts";
import { type Tile, tileSizes, workgroupBytes } from "./tile.ts";

const tile = (
	threadsX: number,
	threadsY: number,
	rows: number,
	columns: number,
	depth: number,
	chunk: number,
): Tile => ({ threadsX, threadsY, rows, columns, depth, chunk });

/** Queries are split over their keys up to so many rows at a time, 128 keys of them for 4, 256 for fewer. */
const decode: DecodeTile = { rows: 4, keys: decodeThreads };

/** What a head size of up to `dim` is computed with, in 16 KiB of workgroup memory. */
const table: readonly { readonly dim: number; readonly tiles: AttentionTiles }[] = [
	{
		dim: 128,
		tiles: {
			forward: tile(8, 16, 8, 8, 16, 16),
			keyGrad: tile(8, 16, 4, 8, 16, 16),
			queryGrad: tile(8, 16, 4, 8, 16, 16),
			biasGrad: tile(8, 16, 4, 8, 16, 16),
			decode,
		},
	},
	{
		dim: 256,
		tiles: {
			forward: tile(8, 8, 4, 8, 16, 8),
			keyGrad: tile(8, 16, 4, 4, 16, 8),
			queryGrad: tile(8, 8, 4, 8, 16, 8),
			biasGrad: tile(8, 16, 4, 8, 16, 16),
			decode,
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
	decode: { rows: 2, keys: 2 * decodeThreads }, // SwiftShader compiles one of 4 rows for minutes, in gigabytes
};

let override: Partial<AttentionTiles> | undefined;

/**
 * Uses these tiles instead of the table's, for all problems and devices; nothing to go back. A call for whose vectors a tile
 * takes more workgroup memory than the device has goes to the composition, as any that the kernels cannot do.
 *
 *     overrideTiles({ forward: { threadsX: 8, threadsY: 16, rows: 8, columns: 4, depth: 16, chunk: 16 } });
 *
 * @throws HeedError `OPTION`: an unknown kernel, or sizes that do not fit each other.
 */
export function overrideTiles(tiles?: TileOverrides): void {
	if (tiles !== undefined) checkTiles("overrideTiles", tiles);
	const given = Object.entries(tiles ?? {}).filter(([, tile]) => tile !== undefined);
	override = Object.fromEntries(given);
}

/** The largest head or value size that the kernels take. */
export const largestDim = 256;

/** The tiles for a problem: of its head size, small ones on a software adapter, with what the device has beside the baseline. */
export function tilesFor(headDim: number, valueDim: number, tier: DeviceTier): AttentionTiles {
	const dim = Math.max(headDim, valueDim);
	const entry = table.find((row) => dim <= row.dim);
	if (entry === undefined) throw new Error(`No tile for vectors of ${dim}.`);
	const chosen = tier.software === true ? software : entry.tiles;
	const tiles = { ...chosen, ...override };
	const onDevice = (tile: Tile): Tile => ({
		...tile,
		...(tile.threadsX <= tier.subgroupSize && { subgroups: true }),
		...(tier.half !== undefined && { half: tier.half }),
	});
	return {
		forward: onDevice(tiles.forward),
		keyGrad: onDevice(tiles.keyGrad),
		queryGrad: onDevice(tiles.queryGrad),
		biasGrad: onDevice(tiles.biasGrad),
		decode: tiles.decode,
	};
}

/** What the kernels of a problem take of a device, and how long its sequences may be. */
export interface KernelNeeds {
	/** Bytes of workgroup memory. */
	readonly bytes: number;
	/** Threads of a workgroup. */
	readonly threads: number;
	/** The most queries and keys for which there are workgroups enough along a dimension. */
	readonly queries: number;
	readonly keys: number;
}

/** What the kernels of a problem need: forward, and backward where there are gradients, of the bias too. */
export function needsOf(
	{ forward, keyGrad, queryGrad, biasGrad, decode }: AttentionTiles,
	problem: {
		readonly headDim: number;
		readonly valueDim: number;
		readonly gradients: boolean;
		readonly bias: boolean;
	},
): KernelNeeds {
	const { headDim, valueDim, gradients, bias } = problem;
	const every = Number.POSITIVE_INFINITY; // no dimension of workgroups counts these
	const kernel = (tile: Tile, bytes: number, queries: number, keys: number): KernelNeeds => {
		const most = (block: number): number => groupsPerDimension * block;
		return { bytes, threads: tileSizes(tile).threads, queries: most(queries), keys: most(keys) };
	};
	const rows = (tile: Tile): number => tileSizes(tile).blockRows;
	const columns = (tile: Tile): number => tileSizes(tile).blockColumns;
	const kernels: KernelNeeds[] = [
		{ bytes: decodeBytes(headDim, decode), threads: decodeThreads, queries: every, keys: every },
		kernel(forward, workgroupBytes(forward, [valueDim]), rows(forward), every),
	];
	if (gradients) {
		kernels.push(
			kernel(keyGrad, workgroupBytes(keyGrad, [headDim, valueDim]), every, rows(keyGrad)),
			kernel(queryGrad, workgroupBytes(queryGrad, [headDim]), rows(queryGrad), every),
		);
		if (bias) kernels.push(kernel(biasGrad, biasGradBytes(biasGrad), rows(biasGrad), columns(biasGrad)));
	}
	return {
		bytes: Math.max(...kernels.map(({ bytes }) => bytes)),
		threads: Math.max(...kernels.map(({ threads }) => threads)),
		queries: Math.min(...kernels.map(({ queries }) => queries)),
		keys: Math.min(...kernels.map(({ keys }) => keys)),
	};
}

/**
 * How to split a problem of few queries over its keys, or nothing where the forward kernel is the better one.
 *
 * @param rows Queries that share a key/value head.
 */
export function decodeTileFor(
	rows: number,
	keys: number,
	{ decode }: AttentionTiles,
): DecodeTile | undefined {
	if (rows > 32 || keys < 2 * decodeThreads) return undefined;
	const perGroup = Math.min(decode.rows, 2 ** Math.ceil(Math.log2(rows)));
	// Fewer rows at a time leave workgroup memory for more keys.
	const split = perGroup === decode.rows ? decode.keys : 2 * decodeThreads;
	const groups = Math.ceil(keys / split) * Math.ceil(rows / perGroup);
	return groups <= groupsPerDimension ? { rows: perGroup, keys: split } : undefined;
}
