import type { StorageBinding } from "../device/gpu-programs.ts";
import { type AttentionSpec, loader, rowsType } from "./attention-shader.ts";
import { isPartial, queriesAndKeys, queryRows, scoreCode } from "./score-code.ts";
import type { Tile } from "./tile.ts";
import type { TileCode } from "./tile-code.ts";

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

/** Rows of the buffer of row sums: LSE, Δ and, with a bias, the divisors. The list follows them. */
export function sumRows({ bias }: AttentionSpec): number {
	return bias ? 3 : 2;
}

export const gradInputs = ({ headDim, valueDim }: AttentionSpec): StorageBinding[] => [
	{ name: "query", access: "read", type: rowsType(headDim) },
	{ name: "key", access: "read", type: rowsType(headDim) },
	{ name: "value", access: "read", type: rowsType(valueDim) },
	{ name: "outputGrad", access: "read", type: rowsType(valueDim) },
	// Of int32, for the list behind the sums: as floats, small numbers could be flushed to 0.
	{ name: "sums", access: "read", type: "array<i32>" },
];

/** How the kernels that have no binding left for the list read it. */
export const listBehindSums = "sums[p.listAt + i]";

export function gradLoaders({ headDim, valueDim }: AttentionSpec, { depth, threadsX }: Tile): string {
	// A buffer is read as an operand of a product and as rows to accumulate: padded for both.
	const padding = (dim: number): number => (dim % depth === 0 && dim % (4 * threadsX) === 0 ? 4 : dim + 4);
	return [
		loader("query", headDim, padding(headDim)),
		loader("key", headDim, padding(headDim)),
		loader("value", valueDim, padding(valueDim)),
		loader("outputGrad", valueDim, padding(valueDim)),
	].join("\n");
}

const gradsAndValues = [
	(row: string, d: string): string => `load_outputGrad(gradBase, q0 + ${row}, p.queries, ${d})`,
	(row: string, d: string): string => `load_value(valueBase, k0 + ${row}, limit, ${d})`,
] as const;

/** LSE, Δ and divisor of the thread's rows. */
export function ownSums(
	{ bias }: AttentionSpec,
	code: TileCode,
	read: (at: string) => string = sumAt,
): string {
	return code.eachRow((r) => {
		const row = `(q0 + ${code.row(r)})`;
		return `let own_${r} = bh * p.queries + min(${row}, p.queries - 1u);
	let lse_${r} = ${read(`own_${r}`)}; let delta_${r} = ${read(`count + own_${r}`)};
	let live_${r} = ${row} < p.queries && !isDead(lse_${r});
	${bias ? `let inverse_${r} = ${read(`2u * count + own_${r}`)};` : ""}`;
	});
}

/** A sum that lies before the list. */
export function sumAt(at: string): string {
	return `bitcast<f32>(sums[${at}])`;
}

/** dS as `g_r_j` and dX as `t_r_j` of a block whose rows are queries. */
export function scoreGrads(spec: AttentionSpec, code: TileCode): string {
	const { blockRows, blockColumns } = code.sizes;
	const { query, key } = queryRows(code);
	return `
let partial = ${isPartial(spec, blockRows, blockColumns)};
${code.product("s", spec.headDim, ...queriesAndKeys)}
${scoreCode(spec, code, { query, key }, { keepCapped: true })}
${code.product("t", spec.valueDim, ...gradsAndValues)}
${code.each((r, j) => {
	const keep = spec.dropout ? `keepWeight(columnBits(${key(r, j)}), ${query(r, j)}, bh)` : "1.0";
	return weightAndGrad(spec, r, j, `${r}`, keep);
})}`;
}

/** From the score `s` and the product `t`: `g` = dS, `t` = dX with the scale, `s` = P · keep. */
export function weightAndGrad(spec: AttentionSpec, r: number, j: number, own: string, keep: string): string {
	const at = `${r}_${j}`;
	const inverse = spec.bias ? ` * inverse_${own}` : "";
	const slope = spec.softcap ? ` * (1.0 - (capped_${at} / p.softcap) * (capped_${at} / p.softcap))` : "";
	return `let keep_${at} = ${keep};
let weight_${at} = select(0.0, exp(s_${at} - lse_${own})${inverse}, live_${own} && !(s_${at} <= -3.0e38));
let g_${at} = weight_${at} * (t_${at} * keep_${at} - delta_${own});
t_${at} = g_${at} * p.scale${slope};
s_${at} = weight_${at} * keep_${at};`;
}
