import type { StorageBinding } from "../device/gpu-programs.ts";
import { type AttentionSpec, declarations, rowsType, sideBindings, storeRow } from "./attention-shader.ts";
import { ownQueries, queryRows } from "./score-code.ts";
import { gradInputs, gradLoaders, listBehindSums, ownSums, scoreGrads } from "./score-grad-code.ts";
import type { Tile } from "./tile.ts";
import { TileCode } from "./tile-code.ts";

/** The storage buffers of {@link queryGradShader}, in order. */
export function queryGradBindings(spec: AttentionSpec): StorageBinding[] {
	const result = { name: "queryGrad", access: "read_write", type: rowsType(spec.headDim) } as const;
	return [...gradInputs(spec), result, ...sideBindings(spec)];
}

/** dQuery: a workgroup owns a block of queries and walks over the keys that they see. */
export function queryGradShader(spec: AttentionSpec, tile: Tile): string {
	const { headDim } = spec;
	const code = new TileCode(tile);
	const { blockColumns } = code.sizes;
	const vectors = code.vectors(headDim);
	const { query } = queryRows(code);
	return `
${declarations(spec, queryGradBindings(spec), listBehindSums)}
${gradLoaders(spec, tile)}
${code.header([headDim])}
	${ownQueries(spec, code)}
	let count = p.batch * p.heads * p.queries;
	${ownSums(spec, code)}
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
		(r) => `if (${query(r, 0)} < p.queries) {
		let at = (bh * p.queries + ${query(r, 0)}) * ${headDim}u;
		${vectors.map((n) => storeRow("queryGrad", headDim, "at", code.vectorStart(n), `dq_${r}_${n}`)).join(" ")}
	}`,
	)}
}
`;
}
