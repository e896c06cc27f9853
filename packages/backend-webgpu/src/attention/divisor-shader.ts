import type { StorageBinding } from "../device/gpu-programs.ts";
import { type AttentionSpec, declarations, listBinding, loader, sideBindings } from "./attention-shader.ts";
import { isPartial, ownQueries, queriesAndKeys, queryRows, scoreCode } from "./score-code.ts";
import { gradInputs, ownSums } from "./score-grad-code.ts";
import type { Tile } from "./tile.ts";
import { TileCode } from "./tile-code.ts";

/** The storage buffers of {@link divisorShader}, in order. */
export function divisorBindings(spec: AttentionSpec): StorageBinding[] {
	const [query, key] = gradInputs(spec) as [StorageBinding, StorageBinding];
	const sums = { name: "sums", access: "read_write", type: "array<f32>" } as const;
	return [query, key, sums, ...sideBindings(spec), ...listBinding(spec)];
}

/** One over what `exp(S - LSE)` of a row sums to, with its sink. */
export function divisorShader(spec: AttentionSpec, tile: Tile): string {
	const code = new TileCode(tile);
	const { blockRows, blockColumns } = code.sizes;
	const { query, key } = queryRows(code);
	return `
${declarations(spec, divisorBindings(spec))}
${loader("query", spec.headDim, tile.depth)}
${loader("key", spec.headDim, tile.depth)}
${code.header([])}
	${ownQueries(spec, code)}
	let count = p.batch * p.heads * p.queries;
	${ownSums(spec, code, (at) => `sums[${at}]`)}
	${code.eachRow((r) => `var l_${r} = ${spec.sinks ? `select(0.0, exp(sinkOf(h) - lse_${r}), tx == 0u)` : "0.0"};`)}
	for (var k0 = begin; k0 < end; k0 += ${blockColumns}u) {
		let partial = ${isPartial(spec, blockRows, blockColumns)};
		${code.product("s", spec.headDim, ...queriesAndKeys)}
		${scoreCode(spec, code, { query, key }, { keepCapped: false })}
		${code.each((r, j) => `l_${r} += select(exp(s_${r}_${j} - lse_${r}), 0.0, s_${r}_${j} <= -3.0e38);`)}
	}
	${code.reduceRows("l", "l", (a, x) => `${a} + ${x}`)}
	if (tx == 0u) {
		${code.eachRow((r) => `if (${query(r, 0)} < p.queries) { sums[2u * count + bh * p.queries + ${query(r, 0)}] = select(1.0 / l_${r}, 0.0, l_${r} == 0.0); }`)}
	}
}
`;
}
