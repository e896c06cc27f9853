import { type AttentionSpec, hiddenScore } from "./attention-shader.ts";
import type { TileCode } from "./tile-code.ts";

/** The indices of a thread's score, in the whole problem. */
export interface ScoreIndices {
	readonly query: (r: number, j: number) => string;
	readonly key: (r: number, j: number) => string;
}

/**
 * From products to scores: scale, softcap, bias; hidden ones become {@link hiddenScore}. `capped_r_j` keeps what the
 * derivative of the cap needs, where asked.
 */
export function scoreCode(
	spec: AttentionSpec,
	code: TileCode,
	indices: ScoreIndices,
	options: { readonly keepCapped: boolean },
): string {
	const { bounded, mask, bias, softcap } = spec;
	const line = (r: number, j: number): string => {
		const s = `s_${r}_${j}`;
		const query = indices.query(r, j);
		const key = indices.key(r, j);
		const lines = [`${s} *= p.scale;`];
		if (softcap) lines.push(`${s} = p.softcap * softTanh(${s} / p.softcap);`);
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
export function isPartial({ bounded }: AttentionSpec, queries: number, keys: number): string {
	const bounds = bounded
		? ` || i32(k0) < first + i32(q0) + ${queries - 1} || i32(k0) + ${keys - 1} > last + i32(q0)`
		: "";
	return `k0 + ${keys}u > limit${bounds}`;
}

/** The keys `[begin, end)` that a block of queries sees, `begin` on a multiple of the block. */
function keyRangeCode({ bounded }: AttentionSpec, queries: number, keys: number): string {
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

/** Where the rows of a head begin, and what bounds its keys. */
export function rowBases(spec: AttentionSpec): string {
	const { headDim, valueDim } = spec;
	return `
	let queryBase = bh * p.queries * ${headDim}u;
	let gradBase = bh * p.queries * ${valueDim}u;
	let keyBase = kvHead * p.keys * ${headDim}u;
	let valueBase = kvHead * p.keys * ${valueDim}u;
	let limit = keyLimit(b);
	let first = firstKey(b);
	let last = lastKey(b);
	${sideBases(spec)}`;
}

/** A workgroup that owns queries: (query block, head of the batch). */
export function ownQueries(spec: AttentionSpec, code: TileCode): string {
	const { blockRows, blockColumns } = code.sizes;
	return `
	let bh = group.y + group.z * 65535u;
	if (bh >= p.batch * p.heads) { return; }
	let b = bh / p.heads;
	let h = bh % p.heads;
	let kvHead = b * p.keyHeads + h / (p.heads / p.keyHeads);
	// The last blocks see the most keys of a causal problem: they start first.
	let blocks = (p.queries + ${blockRows - 1}u) / ${blockRows}u;
	let q0 = (blocks - 1u - group.x) * ${blockRows}u;
	${rowBases(spec)}
	${keyRangeCode(spec, blockRows, blockColumns)}`;
}

/** The indices of a thread's scores in a block whose rows are queries. */
export function queryRows(code: TileCode): ScoreIndices {
	return {
		query: (r) => `(q0 + ${code.row(r)})`,
		key: (_, j) => `(k0 + ${code.column(j)})`,
	};
}

/** Loads the rows and columns of a block whose rows are queries. */
export const queriesAndKeys = [
	(row: string, d: string): string => `load_query(queryBase, q0 + ${row}, p.queries, ${d})`,
	(row: string, d: string): string => `load_key(keyBase, k0 + ${row}, limit, ${d})`,
] as const;
