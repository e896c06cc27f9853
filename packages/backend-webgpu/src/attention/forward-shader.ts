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
import { isPartial, ownQueries, queriesAndKeys, queryRows, scoreCode } from "./score-code.ts";
import type { Tile } from "./tile.ts";
import { TileCode } from "./tile-code.ts";

/** The storage buffers of the forward kernel, in order. */
export function forwardBindings(spec: AttentionSpec): StorageBinding[] {
	const { headDim, valueDim } = spec;
	return [
		{ name: "query", access: "read", type: rowsType(headDim) },
		{ name: "key", access: "read", type: rowsType(headDim) },
		{ name: "value", access: "read", type: rowsType(valueDim) },
		{ name: "output", access: "read_write", type: rowsType(valueDim) },
		{ name: "logSumExp", access: "read_write", type: "array<f32>" },
		...sideBindings(spec),
		...listBinding(spec),
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
	const { query, key } = queryRows(code);
	const eachOutput = (line: (r: number, n: number) => string): string =>
		code.eachRow((r) => vectors.map((n) => line(r, n)).join(" "));
	return `
${declarations(spec, forwardBindings(spec))}
${loader("query", headDim, depth)}
${loader("key", headDim, depth)}
${loader("value", valueDim, 4 * tile.threadsX)}
${code.header([valueDim])}
	${ownQueries(spec, code)}
	${code.eachRow((r) => `var m_${r} = ${sinks ? "sinkOf(h)" : hiddenScore}; var l_${r} = ${sinks ? "select(0.0, 1.0, tx == 0u)" : "0.0"};`)}
	${eachOutput((r, n) => `var o_${r}_${n} = vec4<f32>(0.0);`)}
	for (var k0 = begin; k0 < end; k0 += ${blockColumns}u) {
		let partial = ${isPartial(spec, blockRows, blockColumns)};
		${code.product("s", headDim, ...queriesAndKeys)}
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
		(r) => `if (${query(r, 0)} < p.queries) {
		// Not "l > 0": a NaN must show.
		let inverse = select(1.0 / l_${r}, 0.0, l_${r} == 0.0);
		let at = (bh * p.queries + ${query(r, 0)}) * ${valueDim}u;
		${vectors.map((n) => `{ let result = o_${r}_${n} * inverse; ${storeRow("output", valueDim, "at", code.vectorStart(n), "result")} }`).join("\n")}
		if (tx == 0u) { logSumExp[bh * p.queries + ${query(r, 0)}] = select(m_${r} + log(l_${r}), p.minusInfinity, l_${r} == 0.0); }
	}`,
	)}
}
`;
}

function dropWeights(
	code: TileCode,
	key: (r: number, j: number) => string,
	query: (r: number, j: number) => string,
): string {
	return `
${code.eachColumn((j) => `let column_${j} = columnBits(${key(0, j)});`)}
${code.each((r, j) => `s_${r}_${j} *= keepWeight(column_${j}, ${query(r, j)}, bh);`)}`;
}

function maximum(values: readonly string[]): string {
	return values.reduce((all, value) => `max(${all}, ${value})`);
}
