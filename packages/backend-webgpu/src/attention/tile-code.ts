import { paddedDim, type Tile, type TileSizes, tileSizes, workgroupBytes } from "./tile.ts";

/** The call that loads four floats: row and column within the block. */
export type LoadCall = (row: string, d: string) => string;

/** What stands first in a kernel: the features that its tile uses, and packing. */
export function tilePreamble({ subgroups, half }: Tile): string {
	return [
		...(subgroups ? ["enable subgroups;"] : []),
		...(half === "native" ? ["enable f16;"] : []),
		...(half === "packed"
			? [
					"fn packed(v: vec4<f32>) -> vec2<u32> { return vec2<u32>(pack2x16float(v.xy), pack2x16float(v.zw)); }",
					"fn unpacked(v: vec2<u32>) -> vec4<f32> { return vec4<f32>(unpack2x16float(v.x), unpack2x16float(v.y)); }",
				]
			: []),
	].join("\n");
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** Writes the parts of a kernel that depend on its tile. */
export class TileCode {
	readonly sizes: TileSizes;
	readonly rows: readonly number[];
	readonly columns: readonly number[];
	readonly #groups: readonly number[];
	readonly #rowGroups: number;

	constructor(tile: Tile) {
		this.sizes = tileSizes(tile);
		this.rows = range(tile.rows);
		this.columns = range(tile.columns);
		this.#groups = range(tile.rows / 4);
		this.#rowGroups = this.sizes.blockRows / 4;
	}

	/** Workgroup memory, at least so many vec4 for sums, and the entry point's head. */
	header(accumulated: readonly number[], atLeast = 0): string {
		const { threads, threadsX, blockRows, half, subgroups } = this.sizes;
		const sums = Math.max(subgroups ? 0 : (threadsX * blockRows) / 4, atLeast);
		const bytes = workgroupBytes({ ...this.sizes, subgroups: true }, accumulated);
		const type = { native: "vec4<f16>", packed: "vec2<u32>" };
		const memory =
			half === undefined
				? `var<workgroup> sh: array<vec4<f32>, ${Math.max(bytes / 16, sums)}>;`
				: `var<workgroup> sh: array<${type[half]}, ${bytes / 8}>;
${sums > 0 ? `var<workgroup> wide: array<vec4<f32>, ${sums}>;` : ""}`;
		return `
${memory}

@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) tid: u32) {
	let tx = tid % ${threadsX}u;
	let ty = tid / ${threadsX}u;`;
	}

	/** The index of a thread's row within the block. */
	row(r: number): string {
		return `(4u * (ty + ${this.sizes.threadsY * Math.floor(r / 4)}u) + ${r % 4}u)`;
	}

	/** The index of a thread's column within the block. */
	column(j: number): string {
		return `(tx + ${this.sizes.threadsX * j}u)`;
	}

	/** The vec4 that a thread accumulates of a row of `dim` floats. */
	vectors(dim: number): readonly number[] {
		return range(paddedDim(dim, this.sizes) / (4 * this.sizes.threadsX));
	}

	/** Where the n-th of them begins. */
	vectorStart(n: number): string {
		return `(4u * (tx + ${this.sizes.threadsX * n}u))`;
	}

	/** One line for each score of the thread. */
	each(line: (r: number, j: number) => string): string {
		return this.rows.flatMap((r) => this.columns.map((j) => line(r, j))).join("\n");
	}

	/** One line for each row of the thread. */
	eachRow(line: (r: number) => string): string {
		return this.rows.map(line).join("\n");
	}

	/** One line for each column of the thread. */
	eachColumn(line: (j: number) => string): string {
		return this.columns.map(line).join("\n");
	}

	/** `name_r_j = Σ_d rows[r][d] · columns[j][d]`, through workgroup memory. */
	product(name: string, dim: number, loadRow: LoadCall, loadColumn: LoadCall): string {
		const { depth, stride, blockRows, blockColumns, threadsX, threadsY } = this.sizes;
		const quads = depth / 4;
		const columnsAt = blockRows * stride;
		const position = `((e / ${quads}u % 4u) * ${this.#rowGroups}u + e / ${4 * quads}u)`;
		const rowReads = this.rows.map((r) => {
			const at = `(${(r % 4) * this.#rowGroups + threadsY * Math.floor(r / 4)}u + ty) * ${stride}u + d`;
			return `let a${r} = ${this.#get(at)};`;
		});
		const columnSteps = this.columns.map((j) => {
			const read = `{ let b = ${this.#get(`${columnsAt}u + (${threadsX * j}u + tx) * ${stride}u + d`)};`;
			const steps = this.rows.map((r) => {
				const s = `${name}_${r}_${j}`;
				return `${s} = fma(a${r}.x, b.x, fma(a${r}.y, b.y, fma(a${r}.z, b.z, fma(a${r}.w, b.w, ${s}))));`;
			});
			return [read, ...steps, "}"].join("\n");
		});
		return `
${this.each((r, j) => `var ${name}_${r}_${j} = 0.0;`)}
for (var d0 = 0u; d0 < ${Math.ceil(dim / depth) * depth}u; d0 += ${depth}u) {
	workgroupBarrier();
	${this.#share(blockRows * quads, this.#put(`${position} * ${stride}u + e % ${quads}u`, loadRow(`e / ${quads}u`, `d0 + 4u * (e % ${quads}u)`)))}
	${this.#share(blockColumns * quads, this.#put(`${columnsAt}u + e / ${quads}u * ${stride}u + e % ${quads}u`, loadColumn(`e / ${quads}u`, `d0 + 4u * (e % ${quads}u)`)))}
	workgroupBarrier();
	for (var d = 0u; d < ${quads}u; d++) {
		${rowReads.join("\n")}
		${columnSteps.join("\n")}
	}
}`;
	}

	/** `sum_r_n += Σ_j weight(r, j) · columns[j]`, through workgroup memory. */
	accumulate(sum: string, dim: number, weight: (r: number, j: number) => string, load: LoadCall): string {
		const { chunk, threadsX, threadsY, blockColumns } = this.sizes;
		const quads = paddedDim(dim, this.sizes) / 4;
		const valuesAt = chunk * this.#rowGroups;
		const perThread = chunk / threadsX;
		const turned = (column: string, group: string): string =>
			`${column} * ${this.#rowGroups}u + (${group} + ${column}) % ${this.#rowGroups}u`;
		return range(blockColumns / chunk)
			.map((c) => {
				const writes = range(perThread).flatMap((jj) =>
					this.#groups.map((i) => {
						const parts = range(4).map((q) => weight(4 * i + q, c * perThread + jj));
						const at = turned(this.column(jj), `ty + ${threadsY * i}u`);
						return this.#put(at, `vec4<f32>(${parts.join(", ")})`);
					}),
				);
				const reads = [
					...this.#groups.map((i) => `let w${i} = ${this.#get(turned("k", `ty + ${threadsY * i}u`))};`),
					...this.vectors(dim).map(
						(n) => `let v${n} = ${this.#get(`${valuesAt}u + k * ${quads}u + tx + ${threadsX * n}u`)};`,
					),
				];
				const steps = this.rows.flatMap((r) =>
					this.vectors(dim).map((n) => {
						const s = `${sum}_${r}_${n}`;
						return `${s} = fma(vec4<f32>(w${Math.floor(r / 4)}[${r % 4}]), v${n}, ${s});`;
					}),
				);
				return `
	workgroupBarrier();
	${writes.join("\n")}
	${this.#share(chunk * quads, this.#put(`${valuesAt}u + e`, load(`${c * chunk}u + e / ${quads}u`, `4u * (e % ${quads}u)`)))}
	workgroupBarrier();
	for (var k = 0u; k < ${chunk}u; k++) {
		${reads.join("\n")}
		${steps.join("\n")}
	}`;
			})
			.join("\n");
	}

	/** Combines one number per row over the threads of that row: `result_r` from `part_r`. */
	reduceRows(part: string, result: string, combine: (a: string, b: string) => string): string {
		const { threadsX, threadsY, subgroups } = this.sizes;
		if (subgroups) {
			// The threads of a row are neighbouring lanes, from a multiple of their number on.
			const steps = range(Math.log2(threadsX)).map(
				(i) => `x = ${combine("x", `subgroupShuffleXor(x, ${2 ** i}u)`)};`,
			);
			return this.eachRow((r) => `{ var x = ${part}_${r}; ${steps.join(" ")} ${result}_${r} = x; }`);
		}
		const sums = this.sums;
		const at = (x: string, i: number): string =>
			`${x} * ${this.#rowGroups}u + (ty + ${threadsY * i}u + ${x}) % ${this.#rowGroups}u`;
		const writes = this.#groups.map(
			(i) =>
				`${sums}[${at("tx", i)}] = vec4<f32>(${range(4)
					.map((q) => `${part}_${4 * i + q}`)
					.join(", ")});`,
		);
		const reads = this.#groups.map(
			(i) => `var all${i} = ${sums}[${at("0u", i)}];
	for (var x = 1u; x < ${threadsX}u; x++) { all${i} = ${combine(`all${i}`, `${sums}[${at("x", i)}]`)}; }
	${range(4)
		.map((q) => `${result}_${4 * i + q} = all${i}[${q}];`)
		.join(" ")}`,
		);
		return `{
	workgroupBarrier();
	${writes.join("\n")}
	workgroupBarrier();
	${reads.join("\n")}
}`;
	}

	/** Workgroup memory in which sums of float32 lie. */
	get sums(): string {
		return this.sizes.half === undefined ? "sh" : "wide";
	}

	/** Four floats of workgroup memory. */
	#get(at: string): string {
		const { half } = this.sizes;
		if (half === undefined) return `sh[${at}]`;
		return half === "native" ? `vec4<f32>(sh[${at}])` : `unpacked(sh[${at}])`;
	}

	/** Puts four floats there. */
	#put(at: string, value: string): string {
		const { half } = this.sizes;
		if (half === undefined) return `sh[${at}] = ${value};`;
		return `sh[${at}] = ${half === "native" ? "vec4<f16>" : "packed"}(${value});`;
	}

	/** A statement for each of `count` elements `e`, shared among the threads. */
	#share(count: number, statement: string): string {
		const { threads } = this.sizes;
		return range(Math.ceil(count / threads))
			.map((u) => {
				const body = `let e = tid + ${u * threads}u; ${statement}`;
				return (u + 1) * threads <= count
					? `{ ${body} }`
					: `if (tid + ${u * threads}u < ${count}u) { ${body} }`;
			})
			.join("\n");
	}
}
