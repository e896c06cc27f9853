import {
	type AttentionSpec,
	declarations,
	hiddenScore,
	keyRangeCode,
	loader,
	partialCode,
	rowsType,
	type StorageBinding,
	scoreCode,
	sideBases,
	storeRow,
	TileCode,
} from "./attention-shader.ts";
import type { Tile } from "./tile.ts";

/** The storage buffers of the forward kernel, in order. */
export function forwardBindings({ headDim, valueDim, bias, mask }: AttentionSpec): StorageBinding[] {
	return [
		{ name: "query", access: "read", type: rowsType(headDim) },
		{ name: "key", access: "read", type: rowsType(headDim) },
		{ name: "value", access: "read", type: rowsType(valueDim) },
		{ name: "output", access: "read_write", type: rowsType(valueDim) },
		{ name: "logSumExp", access: "read_write", type: "array<f32>" },
		...sideBindings({ bias, mask }),
	];
}

/** Bias and mask, where they are there. */
export function sideBindings({ bias, mask }: Pick<AttentionSpec, "bias" | "mask">): StorageBinding[] {
	return [
		...(bias ? [{ name: "bias", access: "read", type: "array<f32>" } as const] : []),
		...(mask ? [{ name: "mask", access: "read", type: "array<i32>" } as const] : []),
	];
}

/**
 * Attention forward: a workgroup owns a block of queries and walks over the keys that they see.
 *
 *     S = scores(block)      m' = max(m, max S)      e = exp(S - m')      l = l · exp(m - m') + Σ e
 *     O = O · exp(m - m') + (e · keep) V             at the end: output = O / l, logSumExp = m + ln l
 *
 * Workgroups come as (query block, head of the batch). Dao, "FlashAttention-2", 2023, https://arxiv.org/abs/2307.08691.
 */
export function forwardShader(spec: AttentionSpec, tile: Tile): string {
	const { headDim, valueDim, sinks, dropout } = spec;
	const code = new TileCode(tile);
	const { blockRows, blockColumns, depth } = code.sizes;
	const vectors = code.vectors(valueDim);
	const query = (r: number): string => `(q0 + ${code.row(r)})`;
	const key = (_: number, j: number): string => `(k0 + ${code.column(j)})`;
	const eachOutput = (line: (r: number, n: number) => string): string =>
		code.eachRow((r) => vectors.map((n) => line(r, n)).join(" "));
	return `
${declarations(spec, forwardBindings(spec))}
${loader("query", headDim, depth)}
${loader("key", headDim, depth)}
${loader("value", valueDim, 4 * tile.threadsX)}
${code.header([valueDim])}
	let bh = group.y + group.z * 65535u;
	if (bh >= p.batch * p.heads) { return; }
	let b = bh / p.heads;
	let h = bh % p.heads;
	let kvHead = b * p.keyHeads + h / (p.heads / p.keyHeads);
	// The last blocks see the most keys of a causal problem: they start first.
	let blocks = (p.queries + ${blockRows - 1}u) / ${blockRows}u;
	let q0 = (blocks - 1u - group.x) * ${blockRows}u;
	let queryBase = bh * p.queries * ${headDim}u;
	let keyBase = kvHead * p.keys * ${headDim}u;
	let valueBase = kvHead * p.keys * ${valueDim}u;
	let limit = keyLimit(b);
	let first = firstKey(b);
	let last = lastKey(b);
	${sideBases(spec)}
	${keyRangeCode(spec, blockRows, blockColumns)}
	${code.eachRow((r) => `var m_${r} = ${sinks ? "sinkOf(h)" : hiddenScore}; var l_${r} = ${sinks ? "select(0.0, 1.0, tx == 0u)" : "0.0"};`)}
	${eachOutput((r, n) => `var o_${r}_${n} = vec4<f32>(0.0);`)}
	for (var k0 = begin; k0 < end; k0 += ${blockColumns}u) {
		${partialCode(spec, blockRows, blockColumns)}
		${code.product(
			"s",
			headDim,
			(row, d) => `load_query(queryBase, q0 + ${row}, p.queries, ${d})`,
			(row, d) => `load_key(keyBase, k0 + ${row}, limit, ${d})`,
		)}
		${scoreCode(spec, code, { query, key }, { keepCapped: false })}
		${code.eachRow((r) => `var top_${r} = ${maximum(code.columns.map((j) => `s_${r}_${j}`))};`)}
		${code.reduceRows("top", "top", (a, x) => `max(${a}, ${x})`)}
		${code.eachRow(
			(
				r,
			) => `{ let next = max(m_${r}, top_${r}); let factor = exp(max(m_${r} - next, -100.0)); m_${r} = next; l_${r} *= factor;
		${vectors.map((n) => `o_${r}_${n} *= factor;`).join(" ")} }`,
		)}
		if (partial${spec.bias || spec.mask ? " || true" : ""}) {
			${code.each((r, j) => `s_${r}_${j} = select(exp(s_${r}_${j} - m_${r}), 0.0, s_${r}_${j} <= ${hiddenScore});`)}
		} else {
			${code.each((r, j) => `s_${r}_${j} = exp(s_${r}_${j} - m_${r});`)}
		}
		${code.each((r, j) => `l_${r} += s_${r}_${j};`)}
		${dropout ? dropWeights(code, key, query) : ""}
		${code.accumulate(
			"o",
			valueDim,
			(r, j) => `s_${r}_${j}`,
			(row, d) => `load_value(valueBase, k0 + ${row}, limit, ${d})`,
		)}
	}
	${code.reduceRows("l", "l", (a, x) => `${a} + ${x}`)}
	${code.eachRow(
		(r) => `if (${query(r)} < p.queries) {
		// Not "l > 0": a NaN must show.
		let inverse = select(1.0 / l_${r}, 0.0, l_${r} == 0.0);
		let at = (bh * p.queries + ${query(r)}) * ${valueDim}u;
		${vectors.map((n) => `{ let result = o_${r}_${n} * inverse; ${storeRow("output", valueDim, "at", code.vectorStart(n), "result")} }`).join("\n")}
		if (tx == 0u) { logSumExp[bh * p.queries + ${query(r)}] = select(m_${r} + log(l_${r}), p.minusInfinity, l_${r} == 0.0); }
	}`,
	)}
}
`;
}

function dropWeights(
	code: TileCode,
	key: (r: number, j: number) => string,
	query: (r: number) => string,
): string {
	return `
${code.eachColumn((j) => `let column_${j} = columnBits(${key(0, j)});`)}
${code.each((r, j) => `s_${r}_${j} *= keepWeight(column_${j}, ${query(r)}, bh);`)}`;
}

function maximum(values: readonly string[]): string {
	return values.reduce((all, value) => `max(${all}, ${value})`);
}
