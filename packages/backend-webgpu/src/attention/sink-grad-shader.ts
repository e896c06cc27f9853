import type { StorageBinding } from "../device/gpu-programs.ts";
import { type AttentionSpec, declarations, listBinding } from "./attention-shader.ts";

/** The storage buffers of {@link sinkGradShader}, in order. */
export function sinkGradBindings(spec: AttentionSpec): StorageBinding[] {
	return [
		{ name: "sums", access: "read", type: "array<f32>" },
		{ name: "sinkGrad", access: "read_write", type: "array<f32>" },
		...listBinding(spec),
	];
}

/** dSink of a head: `-Σ exp(sink - LSE) · Δ` over its rows; one workgroup per head. */
export function sinkGradShader(spec: AttentionSpec): string {
	return `
${declarations(spec, sinkGradBindings(spec))}
var<workgroup> parts: array<f32, 256>;
@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) tid: u32) {
	let h = group.x;
	let count = p.batch * p.heads * p.queries;
	var sum = 0.0;
	for (var i = tid; i < p.batch * p.queries; i += 256u) {
		let row = (i / p.queries * p.heads + h) * p.queries + i % p.queries;
		let weight = exp(sinkOf(h) - sums[row])${spec.bias ? " * sums[2u * count + row]" : ""};
		sum -= select(weight * sums[count + row], 0.0, isDead(sums[row]));
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
