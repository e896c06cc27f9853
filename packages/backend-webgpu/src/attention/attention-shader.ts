import { paddedDim, type Tile, type TileSizes, tileSizes, workgroupBytes } from "./tile.ts";

/** What is compiled into a kernel: sizes and the options that are there. Everything else comes in a uniform. */
export interface AttentionSpec {
	readonly headDim: number;
	readonly valueDim: number;
	/** Causal or windowed: the bounds of each batch item are in the uniform. */
	readonly bounded: boolean;
	readonly keyLengths: boolean;
	readonly mask: boolean;
	readonly bias: boolean;
	readonly softcap: boolean;
	readonly sinks: boolean;
	readonly dropout: boolean;
	/** Length of the list of per-item numbers in the uniform, in vec4. */
	readonly listLength: number;
}

/** A storage buffer of a kernel, in the order of its binding. */
export interface StorageBinding {
	readonly name: string;
	readonly access: "read" | "read_write";
	readonly type: string;
}

/** Score that stands for "hidden": finite, for WGSL may assume that there is no infinity. */
export const hiddenScore = "-3.0e38";

/** Fields of the uniform before the list, four bytes each. */
export const parameterFields = 20;

/** `array<vec4<f32>>` where rows are whole vec4, `array<f32>` elsewhere. */
export function rowsType(dim: number): string {
	return dim % 4 === 0 ? "array<vec4<f32>>" : "array<f32>";
}

/** Declarations that all attention kernels share: uniform, buffers, visibility, dropout. */
export function declarations(spec: AttentionSpec, bindings: readonly StorageBinding[]): string {
	const buffers = bindings.map(
		({ name, access, type }, i) => `@group(0) @binding(${i}) var<storage, ${access}> ${name}: ${type};`,
	);
	return `
struct Parameters {
	batch: u32, heads: u32, keyHeads: u32, queries: u32,
	keys: u32, scale: f32, softcap: f32, dropBelow: u32,
	keepFactor: f32, seedLow: u32, seedHigh: u32, minusInfinity: f32,
	biasStrides: vec4<u32>,
	maskStrides: vec4<u32>,
	list: array<vec4<i32>, ${spec.listLength}>, // [batch × (first, last)], [batch] lengths, [heads] sinks
}
${buffers.join("\n")}
@group(0) @binding(${bindings.length}) var<uniform> p: Parameters;

fn listed(i: u32) -> i32 { return p.list[i / 4u][i % 4u]; }
fn firstKey(b: u32) -> i32 { return ${spec.bounded ? "listed(2u * b)" : "-1073741824"}; }
fn lastKey(b: u32) -> i32 { return ${spec.bounded ? "listed(2u * b + 1u)" : "1073741824"}; }
fn keyLimit(b: u32) -> u32 { return ${spec.keyLengths ? "u32(clamp(listed(2u * p.batch + b), 0, i32(p.keys)))" : "p.keys"}; }
fn sinkOf(h: u32) -> f32 { return bitcast<f32>(listed(3u * p.batch + h)); }
fn isDead(lse: f32) -> bool { return bitcast<u32>(lse) == 0xff800000u; }

fn mixBits(bits: u32) -> u32 {
	var x = bits;
	x ^= x >> 16u; x *= 0x7feb352du;
	x ^= x >> 15u; x *= 0x846ca68bu;
	return x ^ (x >> 16u);
}
fn columnBits(key: u32) -> u32 { return mixBits(p.seedLow ^ (key * 0x9e3779b1u)); }
fn keepWeight(columnHash: u32, query: u32, batchHead: u32) -> f32 {
	let bits = mixBits(columnHash ^ p.seedHigh ^ (query * 0x85ebca77u) ^ (batchHead * 0xc2b2ae3du));
	return select(0.0, p.keepFactor, bits >= p.dropBelow);
}
`;
}

/** A function `load_<name>(base, row, limit, d)`: four floats of a row, zero beyond the last row and the last column. */
export function loader(name: string, dim: number, paddedTo: number): string {
	const whole = dim % paddedTo === 0;
	if (dim % 4 === 0) {
		const inside = whole ? "row < limit" : `row < limit && d < ${dim}u`;
		const column = whole ? "d" : `min(d, ${dim - 4}u)`;
		return `
fn load_${name}(base: u32, row: u32, limit: u32, d: u32) -> vec4<f32> {
	let at = base + min(row, max(limit, 1u) - 1u) * ${dim}u + ${column};
	return select(vec4<f32>(0.0), ${name}[at / 4u], ${inside});
}`;
	}
	const part = (c: number): string =>
		`select(0.0, ${name}[at + min(d + ${c}u, ${dim - 1}u)], row < limit && d + ${c}u < ${dim}u)`;
	return `
fn load_${name}(base: u32, row: u32, limit: u32, d: u32) -> vec4<f32> {
	let at = base + min(row, max(limit, 1u) - 1u) * ${dim}u;
	return vec4<f32>(${[0, 1, 2, 3].map(part).join(", ")});
}`;
}

/** Writes four floats of a row, as far as the row has them. */
export function storeRow(name: string, dim: number, at: string, d: string, value: string): string {
	if (dim % 4 === 0) return `if (${d} < ${dim}u) { ${name}[(${at} + ${d}) / 4u] = ${value}; }`;
	return [0, 1, 2, 3]
		.map((c) => `if (${d} + ${c}u < ${dim}u) { ${name}[${at} + ${d} + ${c}u] = ${value}[${c}]; }`)
		.join(" ");
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

	/** Workgroup memory and the entry point's head. */
	header(accumulated: readonly number[]): string {
		const { threads, threadsX } = this.sizes;
		return `
var<workgroup> sh: array<vec4<f32>, ${workgroupBytes(this.sizes, accumulated) / 16}>;

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
			return `let a${r} = sh[${at}];`;
		});
		const columnSteps = this.columns.map((j) => {
			const read = `{ let b = sh[${columnsAt}u + (${threadsX * j}u + tx) * ${stride}u + d];`;
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
	${this.#share(blockRows * quads, `sh[${position} * ${stride}u + e % ${quads}u] = ${loadRow(`e / ${quads}u`, `d0 + 4u * (e % ${quads}u)`)};`)}
	${this.#share(blockColumns * quads, `sh[${columnsAt}u + e / ${quads}u * ${stride}u + e % ${quads}u] = ${loadColumn(`e / ${quads}u`, `d0 + 4u * (e % ${quads}u)`)};`)}
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
						return `sh[${at}] = vec4<f32>(${parts.join(", ")});`;
					}),
				);
				const reads = [
					...this.#groups.map((i) => `let w${i} = sh[${turned("k", `ty + ${threadsY * i}u`)}];`),
					...this.vectors(dim).map(
						(n) => `let v${n} = sh[${valuesAt}u + k * ${quads}u + tx + ${threadsX * n}u];`,
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
	${this.#share(chunk * quads, `sh[${valuesAt}u + e] = ${load(`${c * chunk}u + e / ${quads}u`, `4u * (e % ${quads}u)`)};`)}
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
		const { threadsX, threadsY } = this.sizes;
		const at = (x: string, i: number): string =>
			`${x} * ${this.#rowGroups}u + (ty + ${threadsY * i}u + ${x}) % ${this.#rowGroups}u`;
		const writes = this.#groups.map(
			(i) =>
				`sh[${at("tx", i)}] = vec4<f32>(${range(4)
					.map((q) => `${part}_${4 * i + q}`)
					.join(", ")});`,
		);
		const reads = this.#groups.map(
			(i) => `var all${i} = sh[${at("0u", i)}];
	for (var x = 1u; x < ${threadsX}u; x++) { all${i} = ${combine(`all${i}`, `sh[${at("x", i)}]`)}; }
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

/** The call that loads four floats: row and column within the block. */
export type LoadCall = (row: string, d: string) => string;

/**
 * From products to scores: scale, softcap, bias; hidden ones become {@link hiddenScore}. `capped_r_j` keeps what the
 * derivative of the cap needs, where asked.
 */
export function scoreCode(
	spec: AttentionSpec,
	code: TileCode,
	indices: {
		readonly query: (r: number, j: number) => string;
		readonly key: (r: number, j: number) => string;
	},
	options: { readonly keepCapped: boolean },
): string {
	const { bounded, mask, bias, softcap } = spec;
	const line = (r: number, j: number): string => {
		const s = `s_${r}_${j}`;
		const query = indices.query(r, j);
		const key = indices.key(r, j);
		const lines = [`${s} *= p.scale;`];
		if (softcap) lines.push(`${s} = p.softcap * tanh(clamp(${s} / p.softcap, -9.02, 9.02));`);
		if (softcap && options.keepCapped) lines.push(`let capped_${r}_${j} = ${s};`);
		if (bias || mask) {
			// The indices of rows and columns beyond the end are clamped: what is read there is hidden below.
			const at = (strides: string, base: string): string =>
				`${base} + min(${query}, p.queries - 1u) * ${strides}.z + min(${key}, p.keys - 1u) * ${strides}.w`;
			if (bias)
				lines.push(`let bias_${r}_${j} = bias[${at("p.biasStrides", "biasBase")}]; ${s} += bias_${r}_${j};`);
			const hidden = [
				...(bias ? [`bias_${r}_${j} <= -1.0e30`] : []),
				...(mask ? [`mask[${at("p.maskStrides", "maskBase")}] == 0`] : []),
			];
			lines.push(`if (${hidden.join(" || ")}) { ${s} = ${hiddenScore}; }`);
		}
		return lines.join(" ");
	};
	const hide = (r: number, j: number): string => {
		const query = indices.query(r, j);
		const key = indices.key(r, j);
		const bounds = bounded
			? ` || i32(${key}) < first + i32(${query}) || i32(${key}) > last + i32(${query})`
			: "";
		return `if (${key} >= limit${bounds}) { s_${r}_${j} = ${hiddenScore}; }`;
	};
	return `
${code.each(line)}
if (partial) {
${code.each(hide)}
}`;
}

/** Bases of bias and mask for a batch item and head. */
export function sideBases({ bias, mask }: AttentionSpec): string {
	return [
		bias ? "let biasBase = b * p.biasStrides.x + h * p.biasStrides.y;" : "",
		mask ? "let maskBase = b * p.maskStrides.x + h * p.maskStrides.y;" : "",
	].join("\n");
}

/** Whether anything in the block of queries `q0…` and keys `k0…` is hidden by position; uniform for the workgroup. */
export function partialCode({ bounded }: AttentionSpec, queries: number, keys: number): string {
	const bounds = bounded
		? ` || i32(k0) < first + i32(q0) + ${queries - 1} || i32(k0) + ${keys - 1} > last + i32(q0)`
		: "";
	return `let partial = k0 + ${keys}u > limit${bounds};`;
}

/** The keys `[begin, end)` that a block of queries sees, `begin` on a multiple of the block. */
export function keyRangeCode({ bounded }: AttentionSpec, queries: number, keys: number): string {
	if (!bounded) return "let begin = 0u; let end = limit;";
	return `
let begin = u32(clamp(first + i32(q0), 0, i32(limit))) / ${keys}u * ${keys}u;
let end = u32(clamp(last + i32(min(q0 + ${queries}u, p.queries)), 0, i32(limit)));`;
}

/** The queries `[begin, end)` that see a block of keys, `begin` on a multiple of the block. */
export function queryRangeCode({ bounded }: AttentionSpec, queries: number, keys: number): string {
	const all = "let seen = k0 < limit;";
	if (!bounded) return `${all} let begin = 0u; let end = select(0u, p.queries, seen);`;
	return `${all}
let begin = u32(clamp(i32(k0) - last, 0, i32(p.queries))) / ${queries}u * ${queries}u;
let end = select(0u, u32(clamp(i32(min(k0 + ${keys}u, limit)) - first, 0, i32(p.queries))), seen);`;
}
