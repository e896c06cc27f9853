/**
 * How a kernel divides its work. A workgroup owns a block of rows and walks over blocks of columns; each thread computes
 * `rows × columns` scores of a block in registers.
 */
export interface Tile {
	/** Threads along the columns. */
	readonly threadsX: number;
	/** Threads along the rows. */
	readonly threadsY: number;
	/** Rows per thread, a multiple of 4. */
	readonly rows: number;
	/** Columns per thread. */
	readonly columns: number;
	/** Floats of the inner dimension that lie in workgroup memory at a time, a multiple of 4. */
	readonly depth: number;
	/** Columns whose weights lie in workgroup memory at a time: a multiple of threadsX that divides the block's columns. */
	readonly chunk: number;
	/** Rows are reduced by subgroups, whose lanes are neighbouring threads and at least as many as threadsX. */
	readonly subgroups?: true;
	/** Operands of products are f16 in workgroup memory: by WGSL's type, or packed in pairs. */
	readonly half?: "native" | "packed";
}

/** The sizes that follow from a tile. */
export interface TileSizes extends Tile {
	readonly threads: number;
	readonly blockRows: number;
	readonly blockColumns: number;
	/** Workgroup memory between two neighbouring rows of a product, in vec4: one more than needed, so that banks differ. */
	readonly stride: number;
}

/** The sizes that follow from a tile. */
export function tileSizes(tile: Tile): TileSizes {
	return {
		...tile,
		threads: tile.threadsX * tile.threadsY,
		blockRows: tile.threadsY * tile.rows,
		blockColumns: tile.threadsX * tile.columns,
		stride: tile.depth / 4 + 1,
	};
}

/** A size rounded up so that the threads of a row share its vec4 evenly. */
export function paddedDim(dim: number, { threadsX }: Tile): number {
	return Math.ceil(dim / (4 * threadsX)) * 4 * threadsX;
}

/** Bytes of workgroup memory that a tile takes, given the sizes of the vectors that are accumulated. */
export function workgroupBytes(tile: Tile, accumulated: readonly number[]): number {
	const { blockRows, blockColumns, stride, threadsX, chunk } = tileSizes(tile);
	const product = (blockRows + blockColumns) * stride;
	const sums = accumulated.map((dim) => (chunk * blockRows + chunk * paddedDim(dim, tile)) / 4);
	const operands = Math.max(product, ...sums);
	const partials = tile.subgroups ? 0 : (threadsX * blockRows) / 4;
	return tile.half === undefined ? 16 * Math.max(operands, partials) : 8 * operands + 16 * partials;
}
