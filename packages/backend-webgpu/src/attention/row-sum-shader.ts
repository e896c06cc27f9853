import type { StorageBinding } from "../device/gpu-programs.ts";
import { type AttentionSpec, declarations, loader, rowsType } from "./attention-shader.ts";

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
${declarations(spec, rowSumBindings(spec), "0")}
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
