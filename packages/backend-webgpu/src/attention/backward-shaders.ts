import {
	type AttentionSpec,
	declarations,
	keyRangeCode,
	loader,
	partialCode,
	queryRangeCode,
	rowsType,
	type StorageBinding,
	scoreCode,
	sideBases,
	storeRow,
	TileCode,
} from "./attention-shader.ts";
import { sideBindings } from "./forward-shader.ts";
import type { Tile } from "./tile.ts";

/*
 * Attention backward, without atomics, so that the same numbers come out each time:
 *
 *     Δ_i = Σ_d dO_id · O_id - dLSE_i                       (row sums)
 *     P = exp(S - LSE)    dP = (dO Vᵀ) · keep    dS = P · (dP - Δ)    dX = dS · (1 - (y / c)²) · scale
 *     dV = (P · keep)ᵀ dO    dK = dXᵀ Q                     (a workgroup owns keys)
 *     dQ = dX K                                             (a workgroup owns queries)
 *     dBias = dS, summed over the axes that bias is broadcast on
 *
 * P is also divided by what its row sums to where there is a bias: at -1e9, float32 holds no fraction of LSE.
 */

/** Rows of the buffer of row sums: LSE, Δ and, with a bias, the divisors. */
export function sumRows({ bias }: AttentionSpec): number {
	return bias ? 3 : 2;
}

const inputs = ({ headDim, valueDim }: AttentionSpec): StorageBinding[] => [
	{ name: "query", access: "read", type: rowsType(headDim) },
	{ name: "key", access: "read", type: rowsType(headDim) },
	{ name: "value", access: "read", type: rowsType(valueDim) },
	{ name: "outputGrad", access: "read", type: rowsType(valueDim) },
	{ name: "sums", access: "read", type: "array<f32>" },
];

/** The storage buffers of {@link rowSumShader}, in order. */
export function rowSumBindings({ valueDim }: AttentionSpec): StorageBinding[] {
	return [
		{ name: "output", access: "read", type: rowsType(valueDim) },
		{ name: "outputGrad", access: "read", type: rowsType(valueDim) },
		{ name: "logSumExp", access: "read", type: "array<f32>" },
		{ name: "logSumExpGrad", access: "read", type: "array<f32>" },
		{ name: "sums", access: "read_write", type: "array<f32>" },
	];
}

/** Copies LSE and computes Δ; one thread per row, 64 rows per workgroup. */
export function rowSumShader(spec: AttentionSpec): string {
	const { valueDim } = spec;
	return `
${declarations(spec, rowSumBindings(spec))}
${loader("output", valueDim, 4)}
${loader("outputGrad", valueDim, 4)}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) tid: u32) {
	let count = p.batch * p.heads * p.queries;
	let row = (group.x + group.y * 65535u) * 64u + tid;
	if (row >= count) { return; }
	var sum = vec4<f32>(0.0);
	for (var d = 0u; d < ${valueDim}u; d += 4u) {
		sum = fma(load_output(0u, row, count, d), load_outputGrad(0u, row, count, d), sum);
	}
	let lse = logSumExp[row];
	sums[row] = lse;
	// A dead row has no gradient.
	sums[count + row] = select(sum.x + sum.y + sum.z + sum.w - logSumExpGrad[row], 0.0, isDead(lse));
}
`;
}

/** The storage buffers of {@link divisorShader}, in order. */
export function divisorBindings(spec: AttentionSpec): StorageBinding[] {
	const [query, key] = inputs(spec) as [StorageBinding, StorageBinding];
	return [query, key, { name: "sums", access: "read_write", type: "array<f32>" }, ...sideBindings(spec)];
}

/** One over what `exp(S - LSE)` of a row sums to, with its sink. */
export function divisorShader(spec: AttentionSpec, tile: Tile): string {
	const code = new TileCode(tile);
	const { blockRows, blockColumns } = code.sizes;
	const query = (r: number): string => `(q0 + ${code.row(r)})`;
	const key = (_: number, j: number): string => `(k0 + ${code.column(j)})`;
	return `
${declarations(spec, divisorBindings(spec))}
${loader("query", spec.headDim, tile.depth)}
${loader("key", spec.headDim, tile.depth)}
${code.header([])}
	${ownQueries(spec, code)}
	${code.eachRow((r) => `var l_${r} = ${spec.sinks ? `select(0.0, exp(sinkOf(h) - lse_${r}), tx == 0u)` : "0.0"};`)}
	for (var k0 = begin; k0 < end; k0 += ${blockColumns}u) {
		${partialCode(spec, blockRows, blockColumns)}
		${code.product("s", spec.headDim, ...queriesAndKeys)}
		${scoreCode(spec, code, { query, key }, { keepCapped: false })}
		${code.each((r, j) => `l_${r} += select(exp(s_${r}_${j} - lse_${r}), 0.0, s_${r}_${j} <= -3.0e38);`)}
	}
	${code.reduceRows("l", "l", (a, x) => `${a} + ${x}`)}
	if (tx == 0u) {
		${code.eachRow((r) => `if (${query(r)} < p.queries) { sums[2u * count + bh * p.queries + ${query(r)}] = select(1.0 / l_${r}, 0.0, l_${r} == 0.0); }`)}
	}
}
`;
}

/** The storage buffers of {@link keyGradShader}, in order. The result holds dKey, then dValue. */
export function keyGradBindings(spec: AttentionSpec): StorageBinding[] {
	// Whole vec4 only if both parts are.
	const type = rowsType(spec.headDim % 4 === 0 ? spec.valueDim : spec.headDim);
	return [...inputs(spec), { name: "keyGrads", access: "read_write", type }, ...sideBindings(spec)];
}

/** dKey and dValue: a workgroup owns a block of keys of one key/value head and walks over the queries of its group. */
export function keyGradShader(spec: AttentionSpec, tile: Tile): string {
	const { headDim, valueDim, dropout, bias } = spec;
	const code = new TileCode(tile);
	const { blockRows, blockColumns } = code.sizes;
	const key = (r: number): string => `(k0 + ${code.row(r)})`;
	const query = (_: number, j: number): string => `(q0 + ${code.column(j)})`;
	const store = (at: string, dim: number, n: number, value: string): string => {
		const whole = headDim % 4 === 0 && valueDim % 4 === 0;
		if (whole) return storeRow("keyGrads", dim, at, code.vectorStart(n), value);
		const d = code.vectorStart(n);
		return [0, 1, 2, 3]
			.map((c) => `if (${d} + ${c}u < ${dim}u) { keyGrads[${at} + ${d} + ${c}u] = ${value}[${c}]; }`)
			.join(" ");
	};
	return `
${declarations(spec, keyGradBindings(spec))}
${gradLoaders(spec, tile)}
${code.header([headDim, valueDim])}
	let kvh = group.y + group.z * 65535u;
	if (kvh >= p.batch * p.keyHeads) { return; }
	let b = kvh / p.keyHeads;
	let heads = p.heads / p.keyHeads;
	let k0 = group.x * ${blockRows}u;
	let count = p.batch * p.heads * p.queries;
	let keyBase = kvh * p.keys * ${headDim}u;
	let valueBase = kvh * p.keys * ${valueDim}u;
	let limit = keyLimit(b);
	let first = firstKey(b);
	let last = lastKey(b);
	${queryRangeCode(spec, blockColumns, blockRows)}
	${code.eachRow((r) =>
		code
			.vectors(headDim)
			.map((n) => `var dk_${r}_${n} = vec4<f32>(0.0);`)
			.join(" "),
	)}
	${code.eachRow((r) =>
		code
			.vectors(valueDim)
			.map((n) => `var dv_${r}_${n} = vec4<f32>(0.0);`)
			.join(" "),
	)}
	for (var member = 0u; member < heads; member++) {
		let h = kvh % p.keyHeads * heads + member;
		let bh = b * p.heads + h;
		let queryBase = bh * p.queries * ${headDim}u;
		let gradBase = bh * p.queries * ${valueDim}u;
		${sideBases(spec)}
		for (var q0 = begin; q0 < end; q0 += ${blockColumns}u) {
			let partial = q0 + ${blockColumns}u > p.queries || k0 + ${blockRows}u > limit${
				spec.bounded
					? ` || i32(k0) < first + i32(q0) + ${blockColumns - 1} || i32(k0) + ${blockRows - 1} > last + i32(q0)`
					: ""
			};
			${code.product(
				"s",
				headDim,
				(row, d) => `load_key(keyBase, k0 + ${row}, limit, ${d})`,
				(row, d) => `load_query(queryBase, q0 + ${row}, p.queries, ${d})`,
			)}
			${scoreCode(spec, code, { query, key }, { keepCapped: true })}
			${code.product(
				"t",
				valueDim,
				(row, d) => `load_value(valueBase, k0 + ${row}, limit, ${d})`,
				(row, d) => `load_outputGrad(gradBase, q0 + ${row}, p.queries, ${d})`,
			)}
			${code.eachColumn(
				(j) => `let own_${j} = bh * p.queries + min(${query(0, j)}, p.queries - 1u);
			let lse_${j} = sums[own_${j}]; let delta_${j} = sums[count + own_${j}];
			let live_${j} = ${query(0, j)} < p.queries && !isDead(lse_${j});
			${bias ? `let inverse_${j} = sums[2u * count + own_${j}];` : ""}`,
			)}
			${code.each((r, j) => {
				const keep = dropout ? `keepWeight(columnBits(${key(r)}), ${query(r, j)}, bh)` : "1.0";
				return weightAndGrad(spec, r, j, `${j}`, keep);
			})}
			${code.accumulate(
				"dv",
				valueDim,
				(r, j) => `s_${r}_${j}`,
				(row, d) => `load_outputGrad(gradBase, q0 + ${row}, p.queries, ${d})`,
			)}
			${code.accumulate(
				"dk",
				headDim,
				(r, j) => `t_${r}_${j}`,
				(row, d) => `load_query(queryBase, q0 + ${row}, p.queries, ${d})`,
			)}
		}
	}
	let valuesAt = p.batch * p.keyHeads * p.keys * ${headDim}u;
	${code.eachRow(
		(r) => `if (${key(r)} < p.keys) {
		let dKeyAt = (kvh * p.keys + ${key(r)}) * ${headDim}u;
		let dValueAt = valuesAt + (kvh * p.keys + ${key(r)}) * ${valueDim}u;
		${code
			.vectors(headDim)
			.map((n) => store("dKeyAt", headDim, n, `dk_${r}_${n}`))
			.join(" ")}
		${code
			.vectors(valueDim)
			.map((n) => store("dValueAt", valueDim, n, `dv_${r}_${n}`))
			.join(" ")}
	}`,
	)}
}
`;
}

/** The storage buffers of {@link queryGradShader}, in order. */
export function queryGradBindings(spec: AttentionSpec): StorageBinding[] {
	const result = { name: "queryGrad", access: "read_write", type: rowsType(spec.headDim) } as const;
	return [...inputs(spec), result, ...sideBindings(spec)];
}

/** dQuery: a workgroup owns a block of queries and walks over the keys that they see. */
export function queryGradShader(spec: AttentionSpec, tile: Tile): string {
	const { headDim } = spec;
	const code = new TileCode(tile);
	const { blockColumns } = code.sizes;
	const vectors = code.vectors(headDim);
	const query = (r: number): string => `(q0 + ${code.row(r)})`;
	return `
${declarations(spec, queryGradBindings(spec))}
${gradLoaders(spec, tile)}
${code.header([headDim])}
	${ownQueries(spec, code)}
	${code.eachRow((r) => vectors.map((n) => `var dq_${r}_${n} = vec4<f32>(0.0);`).join(" "))}
	for (var k0 = begin; k0 < end; k0 += ${blockColumns}u) {
		${scoreGrads(spec, code)}
		${code.accumulate(
			"dq",
			headDim,
			(r, j) => `t_${r}_${j}`,
			(row, d) => `load_key(keyBase, k0 + ${row}, limit, ${d})`,
		)}
	}
	${code.eachRow(
		(r) => `if (${query(r)} < p.queries) {
		let at = (bh * p.queries + ${query(r)}) * ${headDim}u;
		${vectors.map((n) => storeRow("queryGrad", headDim, "at", code.vectorStart(n), `dq_${r}_${n}`)).join(" ")}
	}`,
	)}
}
`;
}

/** The storage buffers of {@link biasGradShader}, in order. */
export function biasGradBindings(spec: AttentionSpec): StorageBinding[] {
	return [
		...inputs(spec),
		{ name: "biasGrad", access: "read_write", type: "array<f32>" },
		...sideBindings(spec),
	];
}

/**
 * dBias: a workgroup owns a block of the bias (all rows or columns where it is broadcast on them) and walks over the items
 * and heads that share it. Groups come as (query block, key block, bias item · bias heads + bias head).
 */
export function biasGradShader(
	spec: AttentionSpec,
	tile: Tile,
	broadcast: { readonly queries: boolean; readonly keys: boolean },
): string {
	const code = new TileCode(tile);
	const { blockRows, blockColumns, threads, threadsX, threadsY } = code.sizes;
	const query = (r: number): string => `(q0 + ${code.row(r)})`;
	const key = (j: number): string => `(k0 + ${code.column(j)})`;
	const at = (row: string, column: string): string =>
		`base + ${broadcast.queries ? "" : `${row} * p.biasStrides.z + `}${broadcast.keys ? "0u" : column}`;
	const sumOfRows = (j: number): string => code.rows.map((r) => `sum_${r}_${j}`).join(" + ");
	const sumOfColumns = (r: number): string => code.columns.map((j) => `sum_${r}_${j}`).join(" + ");
	let result = code.each(
		(r, j) =>
			`if (${query(r)} < p.queries && ${key(j)} < p.keys) { biasGrad[${at(query(r), key(j))}] = sum_${r}_${j}; }`,
	);
	const summed = (count: number, stride: number, parts: number, store: string): string => `
	workgroupBarrier();
	for (var e = tid; e < ${count}u; e += ${threads}u) {
		var total = 0.0;
		for (var i = 0u; i < ${parts}u; i++) { total += sh[i * ${stride}u + e].x; }
		${store}
	}`;
	if (broadcast.queries && broadcast.keys) {
		const all = code.rows.map((r) => sumOfColumns(r)).join(" + ");
		result = `workgroupBarrier(); sh[tid] = vec4<f32>(${all}); ${summed(1, 1, threads, "biasGrad[base] = total;")}`;
	} else if (broadcast.queries) {
		const write = code.eachColumn(
			(j) => `sh[ty * ${blockColumns}u + ${code.column(j)}] = vec4<f32>(${sumOfRows(j)});`,
		);
		const store = `if (k0 + e < p.keys) { biasGrad[${at("", "(k0 + e)")}] = total; }`;
		result = `let k0 = group.y * ${blockColumns}u; workgroupBarrier(); ${write} ${summed(blockColumns, blockColumns, threadsY, store)}`;
	} else if (broadcast.keys) {
		const write = code.eachRow(
			(r) => `sh[tx * ${blockRows}u + ${code.row(r)}] = vec4<f32>(${sumOfColumns(r)});`,
		);
		const store = `if (q0 + e < p.queries) { biasGrad[${at("(q0 + e)", "")}] = total; }`;
		result = `let q0 = group.x * ${blockRows}u; workgroupBarrier(); ${write} ${summed(blockRows, blockRows, threadsX, store)}`;
	} else {
		result = `let q0 = group.x * ${blockRows}u; let k0 = group.y * ${blockColumns}u;\n${result}`;
	}
	const loop = (name: string, block: number, broadcastOn: boolean, from: string, size: string): string =>
		broadcastOn
			? `for (var ${name} = 0u; ${name} < ${size}; ${name} += ${block}u)`
			: `for (var ${name} = ${from} * ${block}u; ${name} < (${from} + 1u) * ${block}u; ${name} += ${block}u)`;
	return `
${declarations(spec, biasGradBindings(spec))}
${gradLoaders(spec, tile)}
${code.header([]).replace(/array<vec4<f32>, (\d+)>/, (_, n) => `array<vec4<f32>, ${Math.max(Number(n), threads, blockColumns * threadsY * Number(broadcast.queries), blockRows * threadsX * Number(broadcast.keys))}>`)}
	let biasHeads = select(p.heads, 1u, p.biasStrides.y == 0u);
	let biasItem = group.z / biasHeads;
	let biasHead = group.z % biasHeads;
	let base = biasItem * p.biasStrides.x + biasHead * p.biasStrides.y;
	let count = p.batch * p.heads * p.queries;
	${code.each((r, j) => `var sum_${r}_${j} = 0.0;`)}
	let firstItem = select(biasItem, 0u, p.biasStrides.x == 0u);
	let endItem = select(biasItem + 1u, p.batch, p.biasStrides.x == 0u);
	let firstHead = select(biasHead, 0u, p.biasStrides.y == 0u);
	let endHead = select(biasHead + 1u, p.heads, p.biasStrides.y == 0u);
	for (var b = firstItem; b < endItem; b++) {
	for (var h = firstHead; h < endHead; h++) {
		let bh = b * p.heads + h;
		let kvHead = b * p.keyHeads + h / (p.heads / p.keyHeads);
		${rowBases(spec)}
		${loop("q0", blockRows, broadcast.queries, "group.x", "p.queries")} {
			${ownSums(spec, code)}
			${loop("k0", blockColumns, broadcast.keys, "group.y", "p.keys")} {
				${scoreGrads(spec, code)}
				${code.each((r, j) => `sum_${r}_${j} += g_${r}_${j};`)}
			}
		}
	}
	}
	${result}
}
`;
}

/** The storage buffers of {@link sinkGradShader}, in order. */
export function sinkGradBindings(): StorageBinding[] {
	return [
		{ name: "sums", access: "read", type: "array<f32>" },
		{ name: "sinkGrad", access: "read_write", type: "array<f32>" },
	];
}

/** dSink of a head: `-Σ exp(sink - LSE) · Δ` over its rows; one workgroup per head. */
export function sinkGradShader(spec: AttentionSpec): string {
	return `
${declarations(spec, sinkGradBindings())}
var<workgroup> parts: array<f32, 256>;
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) tid: u32) {
	let h = group.x;
	let count = p.batch * p.heads * p.queries;
	var sum = 0.0;
	for (var i = tid; i < p.batch * p.queries; i += 256u) {
		let row = (i / p.queries * p.heads + h) * p.queries + i % p.queries;
		let weight = exp(sinkOf(h) - sums[row])${spec.bias ? " * sums[2u * count + row]" : ""};
		sum -= weight * sums[count + row];
	}
	parts[tid] = sum;
	for (var half = 128u; half > 0u; half /= 2u) {
		workgroupBarrier();
		if (tid < half) { parts[tid] += parts[tid + half]; }
	}
	if (tid == 0u) { sinkGrad[h] = parts[0]; }
}
`;
}

function gradLoaders({ headDim, valueDim }: AttentionSpec, { depth, threadsX }: Tile): string {
	// A buffer is read as an operand of a product and as rows to accumulate: padded for both.
	const padding = (dim: number): number => (dim % depth === 0 && dim % (4 * threadsX) === 0 ? 4 : dim + 4);
	return [
		loader("query", headDim, padding(headDim)),
		loader("key", headDim, padding(headDim)),
		loader("value", valueDim, padding(valueDim)),
		loader("outputGrad", valueDim, padding(valueDim)),
	].join("\n");
}

const queriesAndKeys = [
	(row: string, d: string): string => `load_query(queryBase, q0 + ${row}, p.queries, ${d})`,
	(row: string, d: string): string => `load_key(keyBase, k0 + ${row}, limit, ${d})`,
] as const;

const gradsAndValues = [
	(row: string, d: string): string => `load_outputGrad(gradBase, q0 + ${row}, p.queries, ${d})`,
	(row: string, d: string): string => `load_value(valueBase, k0 + ${row}, limit, ${d})`,
] as const;

/** Where the rows of a head begin, and what bounds its keys. */
function rowBases(spec: AttentionSpec): string {
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

/** LSE, Δ and divisor of the thread's rows. */
function ownSums({ bias }: AttentionSpec, code: TileCode): string {
	return code.eachRow((r) => {
		const row = `(q0 + ${code.row(r)})`;
		return `let own_${r} = bh * p.queries + min(${row}, p.queries - 1u);
	let lse_${r} = sums[own_${r}]; let delta_${r} = sums[count + own_${r}];
	let live_${r} = ${row} < p.queries && !isDead(lse_${r});
	${bias ? `let inverse_${r} = sums[2u * count + own_${r}];` : ""}`;
	});
}

/** A workgroup that owns queries: (query block, head of the batch). */
function ownQueries(spec: AttentionSpec, code: TileCode): string {
	const { blockRows, blockColumns } = code.sizes;
	return `
	let bh = group.y + group.z * 65535u;
	if (bh >= p.batch * p.heads) { return; }
	let b = bh / p.heads;
	let h = bh % p.heads;
	let kvHead = b * p.keyHeads + h / (p.heads / p.keyHeads);
	let blocks = (p.queries + ${blockRows - 1}u) / ${blockRows}u;
	let q0 = (blocks - 1u - group.x) * ${blockRows}u;
	let count = p.batch * p.heads * p.queries;
	${rowBases(spec)}
	${keyRangeCode(spec, blockRows, blockColumns)}
	${ownSums(spec, code)}`;
}

/** dS as `g_r_j` and dX as `t_r_j` of a block whose rows are queries. */
function scoreGrads(spec: AttentionSpec, code: TileCode): string {
	const { blockRows, blockColumns } = code.sizes;
	const query = (r: number): string => `(q0 + ${code.row(r)})`;
	const key = (_: number, j: number): string => `(k0 + ${code.column(j)})`;
	return `
${partialCode(spec, blockRows, blockColumns)}
${code.product("s", spec.headDim, ...queriesAndKeys)}
${scoreCode(spec, code, { query, key }, { keepCapped: true })}
${code.product("t", spec.valueDim, ...gradsAndValues)}
${code.each((r, j) => {
	const keep = spec.dropout ? `keepWeight(columnBits(${key(r, j)}), ${query(r)}, bh)` : "1.0";
	return weightAndGrad(spec, r, j, `${r}`, keep);
})}`;
}

/** From the score `s` and the product `t`: `g` = dS, `t` = dX with the scale, `s` = P · keep. */
function weightAndGrad(spec: AttentionSpec, r: number, j: number, own: string, keep: string): string {
	const at = `${r}_${j}`;
	const inverse = spec.bias ? ` * inverse_${own}` : "";
	const slope = spec.softcap ? ` * (1.0 - capped_${at} * capped_${at} / (p.softcap * p.softcap))` : "";
	return `let keep_${at} = ${keep};
let weight_${at} = select(0.0, exp(s_${at} - lse_${own})${inverse}, live_${own} && !(s_${at} <= -3.0e38));
let g_${at} = weight_${at} * (t_${at} * keep_${at} - delta_${own});
t_${at} = g_${at} * p.scale${slope};
s_${at} = weight_${at} * keep_${at};`;
}
