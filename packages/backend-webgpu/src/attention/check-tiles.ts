import { checkNumber, checkOptions, HeedError } from "@heed/core";
import { type DecodeTile, decodeThreads } from "./decode-shaders.ts";
import { type Tile, tileSizes } from "./tile.ts";

/** The tiles of the kernels of one head size. */
export interface AttentionTiles {
	readonly forward: Tile;
	readonly keyGrad: Tile;
	readonly queryGrad: Tile;
	readonly biasGrad: Tile;
	/** The most rows at a time, and how many keys with so many. */
	readonly decode: DecodeTile;
}

/** Tiles in place of the table's, kernel by kernel. */
export type TileOverrides = {
	readonly [Kernel in keyof AttentionTiles]?: AttentionTiles[Kernel] | undefined;
};

const tileFields = ["threadsX", "threadsY", "rows", "columns", "depth", "chunk"] as const;
const tileNames = ["forward", "keyGrad", "queryGrad", "biasGrad"] as const;

/** Refuses tiles from which no kernel can be written. */
export function checkTiles(where: string, tiles: TileOverrides): void {
	checkOptions(where, tiles, [...tileNames, "decode"]);
	for (const name of tileNames) {
		const tile = tiles[name];
		if (tile !== undefined) checkTile(`${where}: ${name}`, tile);
	}
	if (tiles.decode !== undefined) checkDecodeTile(`${where}: decode`, tiles.decode);
}

function checkTile(where: string, tile: Tile): void {
	checkOptions(where, tile, tileFields);
	for (const field of tileFields) checkNumber(where, field, tile[field], { min: 1, integer: true });
	const { threadsX, rows, depth, chunk } = tile;
	const { threads, blockColumns } = tileSizes(tile);
	const wrong = [
		[Math.log2(threadsX) % 1 !== 0, `\`threadsX\` is ${threadsX}; expected a power of 2`],
		[threads > 1024, `\`threadsX\` times \`threadsY\` is ${threads}; expected at most 1024`],
		[rows % 4 !== 0, `\`rows\` is ${rows}; expected a multiple of 4`],
		[depth % 4 !== 0, `\`depth\` is ${depth}; expected a multiple of 4`],
		[chunk % threadsX !== 0, `\`chunk\` is ${chunk}; expected a multiple of \`threadsX\`, ${threadsX}`],
		[
			blockColumns % chunk !== 0,
			`\`chunk\` is ${chunk}; expected a divisor of the block's columns, \`threadsX\` times \`columns\`, ${blockColumns}`,
		],
	] as const;
	const [, fault] = wrong.find(([applies]) => applies) ?? [];
	if (fault !== undefined) throw new HeedError("OPTION", where, `${fault}.`);
}

function checkDecodeTile(where: string, tile: DecodeTile): void {
	checkOptions(where, tile, ["rows", "keys"]);
	if (![1, 2, 4].includes(tile.rows)) {
		throw new HeedError("OPTION", where, `\`rows\` is ${tile.rows}; expected 1, 2 or 4.`);
	}
	checkNumber(where, "keys", tile.keys, { min: decodeThreads, integer: true });
	if (tile.keys % decodeThreads === 0) return;
	throw new HeedError("OPTION", where, `\`keys\` is ${tile.keys}; expected a multiple of ${decodeThreads}.`);
}
