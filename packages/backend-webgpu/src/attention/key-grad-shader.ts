import type { StorageBinding } from "../device/gpu-programs.ts";
import { type AttentionSpec, declarations, rowsType, sideBindings, storeRow } from "./attention-shader.ts";
import { isPartial, queryRangeCode, scoreCode, sideBases } from "./score-code.ts";
import { gradInputs, gradLoaders, listBehindSums, sumAt, weightAndGrad } from "./score-grad-code.ts";
import type { Tile } from "./tile.ts";
import { TileCode } from "./tile-code.ts";

/** The storage buffers of {@link keyGradShader}, in order. The result holds dKey, then dValue. */
export function keyGradBindings(spec: AttentionSpec): StorageBinding[] {
	// Whole vec4 only if both parts are.
	const type = rowsType(spec.headDim % 4 === 0 ? spec.valueDim : spec.headDim);
	return [...gradInputs(spec), { name: "keyGrads", access: "read_write", type }, ...sideBindings(spec)];
}

/** dKey and dValue: a workgroup owns a block of keys of one key/value head and walks over the queries of its group. */
export function keyGradShader(spec: AttentionSpec, tile: Tile): string {
	const { headDim, valueDim, dropout, bias } = spec;
	const code = new TileCode(tile);
	const { blockRows, blockColumns } = code.sizes;
	const key = (r: number): string => `(k0 + ${code.row(r)})`;
	const query = (_: number, j: number): string => `(q0 + ${code.column(j)})`;
	const whole = headDim % 4 === 0 && valueDim % 4 === 0;
	const store = (at: string, dim: number, n: number, value: string): string =>
		storeRow("keyGrads", dim, at, code.vectorStart(n), value, whole);
	return `
${declarations(spec, keyGradBindings(spec), listBehindSums)}
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
			let partial = q0 + ${blockColumns}u > p.queries || ${isPartial(spec, blockColumns, blockRows)};
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
			let lse_${j} = ${sumAt(`own_${j}`)}; let delta_${j} = ${sumAt(`count + own_${j}`)};
			let live_${j} = ${query(0, j)} < p.queries && !isDead(lse_${j});
			${bias ? `let inverse_${j} = ${sumAt(`2u * count + own_${j}`)};` : ""}`,
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
