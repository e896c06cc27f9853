import type { StorageBinding } from "../device/gpu-programs.ts";
import {
	type AttentionSpec,
	declarations,
	hiddenScore,
	listBinding,
	loader,
	rowsType,
	sideBindings,
	storeRow,
} from "./attention-shader.ts";

/*
 * Attention of few queries over many keys, where reading the keys takes the time: the keys are split among workgroups, and
 * all query heads that share a key/value head are worked on together, so that keys and values are read once.
 *
 *     split s:  m_s = max S    e = exp(S - m_s)    l_s = Σ e    O_s = (e · keep) V
 *     merge:    m = max m_s    l = Σ exp(m_s - m) · l_s    output = Σ exp(m_s - m) · O_s / l
 *
 * Dao et al., "Flash-Decoding", 2023, https://pytorch.org/blog/flash-decoding/.
 */

/** Threads of a workgroup; in the scores, each owns a key. */
export const decodeThreads = 128;

/** How a decode kernel divides its work. */
export interface DecodeTile {
	/** Queries, of all heads of a group, per workgroup: 1, 2 or 4. */
	readonly rows: number;
	/** Keys per split, a multiple of 128. */
	readonly keys: number;
}

/** Floats of a key's vector that lie in workgroup memory at a time: as many as 16 KiB allow. */
function depthOf(headDim: number): number {
	return headDim > 128 ? 8 : 16;
}

/** Bytes of workgroup memory that the kernel takes. */
export function decodeBytes(headDim: number, { rows, keys }: DecodeTile): number {
	const depth = depthOf(headDim);
	const queries = 4 * rows * Math.ceil(headDim / depth) * depth;
	return queries + 4 * decodeThreads * (depth + 4) + 4 * rows * (keys + decodeThreads);
}

/** The storage buffers of {@link decodeShader}, in order. */
export function decodeBindings(spec: AttentionSpec): StorageBinding[] {
	const { headDim, valueDim } = spec;
	return [
		{ name: "query", access: "read", type: rowsType(headDim) },
		{ name: "key", access: "read", type: rowsType(headDim) },
		{ name: "value", access: "read", type: rowsType(valueDim) },
		{ name: "parts", access: "read_write", type: rowsType(valueDim) },
		{ name: "stats", access: "read_write", type: "array<f32>" },
		...sideBindings(spec),
		...listBinding(spec),
	];
}

/** The part of a split: groups come as (split · blocks of rows + block, key/value head of the batch). */
export function decodeShader(spec: AttentionSpec, tile: DecodeTile): string {
	const { headDim, valueDim, bounded, bias, mask, softcap, dropout } = spec;
	const { rows, keys } = tile;
	const eachRow = (line: (r: number) => string): string =>
		Array.from({ length: rows }, (_, r) => line(r)).join("\n");
	const depth = depthOf(headDim);
	const quads = depth / 4;
	const headQuads = Math.ceil(headDim / depth) * quads;
	const lanes = 2 ** Math.ceil(Math.log2(Math.ceil(valueDim / 4)));
	const stride = quads + 1;
	const unrolled = Array.from({ length: Math.min(4, lanes) }, (_, i) => i);
	const loads = Array.from({ length: quads }, (_, i) => i);
	const load = (i: number, t: string, d0: string): string => {
		const e = `(tid + ${i * decodeThreads}u)`;
		return `load_key(keyBase, k0 + ${t} + ${e} / ${quads}u, limit, 4u * (${d0} + ${e} % ${quads}u))`;
	};
	const hidden = [
		"k >= limit",
		...(bounded ? ["i32(k) < first + i32(query_R)", "i32(k) > last + i32(query_R)"] : []),
		...(bias ? ["side <= -1.0e30"] : []),
		...(mask ? ["mask[maskBase_R + min(k, p.keys - 1u) * p.maskStrides.w] == 0"] : []),
	].join(" || ");
	const reduce = (name: string, combine: (a: string, b: string) => string): string => `
	workgroupBarrier();
	${eachRow((r) => `reduced[${r}u * ${decodeThreads}u + tid] = ${name}_${r};`)}
	for (var half = ${decodeThreads / 2}u; half > 0u; half /= 2u) {
		workgroupBarrier();
		if (tid < half) { ${eachRow((r) => `{ let at = ${r}u * ${decodeThreads}u + tid; reduced[at] = ${combine("reduced[at]", "reduced[at + half]")}; }`)} }
	}
	workgroupBarrier();
	${eachRow((r) => `${name}_${r} = reduced[${r * decodeThreads}u];`)}`;
	return `
${declarations(spec, decodeBindings(spec))}
${loader("query", headDim, depth)}
${loader("key", headDim, depth)}
${loader("value", valueDim, 4 * lanes)}
var<workgroup> queries: array<vec4<f32>, ${rows * headQuads}>;
var<workgroup> staged: array<vec4<f32>, ${decodeThreads * stride}>;
var<workgroup> weights: array<f32, ${rows * keys}>;
var<workgroup> reduced: array<f32, ${rows * decodeThreads}>;

@compute @workgroup_size(${decodeThreads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) count: vec3<u32>, @builtin(local_invocation_index) tid: u32) {
	let kvHead = group.y;
	let b = kvHead / p.keyHeads;
	let heads = p.heads / p.keyHeads;
	let rowCount = heads * p.queries;
	let allRows = p.batch * p.heads * p.queries;
	// Blocks of rows that read the same keys run beside each other.
	let blocks = (rowCount + ${rows - 1}u) / ${rows}u;
	let split = group.x / blocks;
	let splits = count.x / blocks;
	let row0 = group.x % blocks * ${rows}u;
	let k0 = split * ${keys}u;
	// The heads of a group lie one after another: their queries are rows of one block.
	let queryBase = kvHead * rowCount * ${headDim}u;
	let keyBase = kvHead * p.keys * ${headDim}u;
	let valueBase = kvHead * p.keys * ${valueDim}u;
	let limit = keyLimit(b);
	let first = firstKey(b);
	let last = lastKey(b);
	${eachRow(
		(r) => `let row_${r} = min(row0 + ${r}u, rowCount - 1u);
	let query_${r} = row_${r} % p.queries;
	let head_${r} = kvHead % p.keyHeads * heads + row_${r} / p.queries;
	${bias ? `let biasBase_${r} = b * p.biasStrides.x + head_${r} * p.biasStrides.y + query_${r} * p.biasStrides.z;` : ""}
	${mask ? `let maskBase_${r} = b * p.maskStrides.x + head_${r} * p.maskStrides.y + query_${r} * p.maskStrides.z;` : ""}
	var m_${r} = ${hiddenScore};`,
	)}
	for (var e = tid; e < ${rows * headQuads}u; e += ${decodeThreads}u) {
		queries[e] = load_query(queryBase, row0 + e / ${headQuads}u, rowCount, 4u * (e % ${headQuads}u));
	}
	for (var t = 0u; t < ${keys}u; t += ${decodeThreads}u) {
		${eachRow((r) => `var s_${r} = 0.0;`)}
		// The next part of the keys is on its way while the last one is worked on.
		${loads.map((i) => `var next_${i} = ${load(i, "t", "0u")};`).join("\n")}
		for (var d0 = 0u; d0 < ${headQuads}u; d0 += ${quads}u) {
			workgroupBarrier();
			${loads.map((i) => `staged[(tid + ${i * decodeThreads}u) / ${quads}u * ${stride}u + (tid + ${i * decodeThreads}u) % ${quads}u] = next_${i};`).join("\n")}
			workgroupBarrier();
			if (d0 + ${quads}u < ${headQuads}u) { ${loads.map((i) => `next_${i} = ${load(i, "t", `d0 + ${quads}u`)};`).join("\n")} }
			for (var d = 0u; d < ${quads}u; d++) {
				let x = staged[tid * ${stride}u + d];
				${eachRow((r) => `s_${r} += dot(x, queries[${r * headQuads}u + d0 + d]);`)}
			}
		}
		let k = k0 + t + tid;
		${eachRow(
			(r) => `{
			var s = s_${r} * p.scale;
			${softcap ? "s = p.softcap * softTanh(s / p.softcap);" : ""}
			${bias ? `let side = bias[biasBase_${r} + min(k, p.keys - 1u) * p.biasStrides.w]; s += side;` : ""}
			if (${hidden.replaceAll("_R", `_${r}`)}) { s = ${hiddenScore}; }
			weights[${r * keys}u + t + tid] = s;
			m_${r} = max(m_${r}, s);
		}`,
		)}
	}
	${reduce("m", (a, x) => `max(${a}, ${x})`)}
	${eachRow((r) => `var l_${r} = 0.0;`)}
	for (var t = tid; t < ${keys}u; t += ${decodeThreads}u) {
		${dropout ? "let column = columnBits(k0 + t);" : ""}
		${eachRow(
			(r) => `{
			let s = weights[${r * keys}u + t];
			let weight = select(exp(s - m_${r}), 0.0, s <= ${hiddenScore});
			l_${r} += weight;
			weights[${r * keys}u + t] = weight${dropout ? ` * keepWeight(column, query_${r}, b * p.heads + head_${r})` : ""};
		}`,
		)}
	}
	${reduce("l", (a, x) => `${a} + ${x}`)}
	let lane = tid % ${lanes}u;
	let member = tid / ${lanes}u;
	${eachRow((r) => `var o_${r} = vec4<f32>(0.0);`)}
	let end = min(${keys}u, max(limit, k0) - k0);
	// Weights beyond the end are 0.
	for (var t = member; t < end; t += ${(unrolled.length * decodeThreads) / lanes}u) {
		${unrolled.map((i) => `let x_${i} = load_value(valueBase, k0 + t + ${(i * decodeThreads) / lanes}u, limit, 4u * lane);`).join("\n")}
		${unrolled.map((i) => eachRow((r) => `o_${r} = fma(vec4<f32>(weights[${r * keys}u + t + ${(i * decodeThreads) / lanes}u]), x_${i}, o_${r});`)).join("\n")}
	}
	${eachRow(
		(r) => `workgroupBarrier();
	staged[tid] = o_${r};
	workgroupBarrier();
	if (row0 + ${r}u < rowCount) {
		let row = kvHead * rowCount + row0 + ${r}u;
		if (member == 0u) {
			var sum = staged[tid];
			for (var i = 1u; i < ${decodeThreads / lanes}u; i++) { sum += staged[i * ${lanes}u + tid]; }
			let at = (split * allRows + row) * ${valueDim}u;
			let d = 4u * lane;
			${storeRow("parts", valueDim, "at", "d", "sum")}
		}
		if (tid == 0u) {
			stats[split * allRows + row] = m_${r};
			stats[(splits + split) * allRows + row] = l_${r};
		}
	}`,
	)}
}
`;
}

/** The storage buffers of {@link mergeShader}, in order. */
export function mergeBindings(spec: AttentionSpec): StorageBinding[] {
	const { valueDim } = spec;
	return [
		{ name: "parts", access: "read", type: rowsType(valueDim) },
		{ name: "stats", access: "read", type: "array<f32>" },
		{ name: "output", access: "read_write", type: rowsType(valueDim) },
		{ name: "logSumExp", access: "read_write", type: "array<f32>" },
		...listBinding(spec),
	];
}

/** Merges the parts of all splits; one workgroup per row. */
export function mergeShader(spec: AttentionSpec): string {
	const { valueDim, sinks } = spec;
	const lanes = 2 ** Math.ceil(Math.log2(Math.ceil(valueDim / 4)));
	const tree = (step: string): string => `
	for (var half = 64u; half > 0u; half /= 2u) {
		workgroupBarrier();
		if (tid < half) { ${step} }
	}
	workgroupBarrier();`;
	return `
${declarations(spec, mergeBindings(spec))}
${loader("parts", valueDim, 4 * lanes)}
var<workgroup> reduced: array<f32, 128>;
var<workgroup> sums: array<vec4<f32>, 128>;
@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) tid: u32) {
	let allRows = p.batch * p.heads * p.queries;
	let row = group.x + group.y * 65535u;
	if (row >= allRows) { return; }
	let splits = arrayLength(&stats) / (2u * allRows);
	let h = row / p.queries % p.heads;
	var top = ${sinks ? "sinkOf(h)" : hiddenScore};
	for (var s = tid; s < splits; s += 128u) { top = max(top, stats[s * allRows + row]); }
	reduced[tid] = top;
	${tree("reduced[tid] = max(reduced[tid], reduced[tid + half]);")}
	let m = reduced[0];
	workgroupBarrier();
	var part = ${sinks ? "select(0.0, exp(sinkOf(h) - m), tid == 0u)" : "0.0"};
	for (var s = tid; s < splits; s += 128u) {
		part += exp(max(stats[s * allRows + row] - m, -100.0)) * stats[(splits + s) * allRows + row];
	}
	reduced[tid] = part;
	${tree("reduced[tid] += reduced[tid + half];")}
	let l = reduced[0];
	let d = 4u * (tid % ${lanes}u);
	var sum = vec4<f32>(0.0);
	for (var s = tid / ${lanes}u; s < splits; s += ${128 / lanes}u) {
		let factor = exp(max(stats[s * allRows + row] - m, -100.0));
		sum = fma(vec4<f32>(factor), load_parts(0u, s * allRows + row, splits * allRows, d), sum);
	}
	sums[tid] = sum;
	for (var half = 64u; half >= ${lanes}u; half /= 2u) {
		workgroupBarrier();
		if (tid < half) { sums[tid] += sums[tid + half]; }
	}
	if (tid < ${lanes}u) {
		let result = sums[tid] * select(1.0 / l, 0.0, l == 0.0);
		let at = row * ${valueDim}u;
		${storeRow("output", valueDim, "at", "d", "result")}
	}
	if (tid == 0u) { logSumExp[row] = select(m + log(l), p.minusInfinity, l == 0.0); }
}
`;
}
