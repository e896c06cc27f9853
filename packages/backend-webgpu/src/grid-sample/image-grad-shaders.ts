import type { StorageBinding } from "../device/gpu-programs.ts";
import { type GridSampleSpec, gridDeclarations, pixelsType, tapCode } from "./tap-code.ts";

/*
 * The gradient of the image, without atomics: a workgroup owns a square of pixels and collects from the points that read it.
 * Points are taken by squares of the output; of each square it is known which pixels it reads, so that those that lie
 * elsewhere are left out at a glance. A smooth grid leaves a few squares for each pixel; one that is all over the image leaves
 * all of them.
 */

/** Pixels, and points, of a square along each side. */
export const patch = 8;

/** The storage buffers of {@link patchBoundsShader}, in order. */
export function patchBoundsBindings(): StorageBinding[] {
	return [
		{ name: "grid", access: "read", type: "array<u32>" },
		{ name: "bounds", access: "read_write", type: "array<vec4<i32>>" },
	];
}

const ownPoint = `
	let patches = p.patchRows * p.patchColumns;
	let row = square / p.patchColumns * ${patch}u + tid / ${patch}u;
	let column = square % p.patchColumns * ${patch}u + tid % ${patch}u;
	let there = row < p.outHeight && column < p.outWidth;
	let point = b * p.outHeight * p.outWidth + select(0u, row * p.outWidth + column, there);
	let x = taps(grid[2u * point], p.width);
	let y = taps(grid[2u * point + 1u], p.height);`;

/** First and last row, first and last column that a square of points reads. Groups come as (square, item). */
export function patchBoundsShader(spec: GridSampleSpec): string {
	return `
${gridDeclarations(spec, patchBoundsBindings())}
${tapCode(spec)}
var<workgroup> all: array<vec4<i32>, ${patch * patch}>; // negated firsts, so that all are maxima
@compute @workgroup_size(${patch * patch})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) tid: u32) {
	let square = group.x;
	let b = group.y;
	${ownPoint}
	var reach = vec4<i32>(-2147483647, -1, -2147483647, -1);
	for (var i = 0u; i < 4u; i++) {
		if (there && y.weight[i] != 0.0) { reach = max(reach, vec4<i32>(-y.at[i], y.at[i], reach.z, reach.w)); }
		if (there && x.weight[i] != 0.0) { reach = max(reach, vec4<i32>(reach.x, reach.y, -x.at[i], x.at[i])); }
	}
	all[tid] = reach;
	for (var half = ${(patch * patch) / 2}u; half > 0u; half /= 2u) {
		workgroupBarrier();
		if (tid < half) { all[tid] = max(all[tid], all[tid + half]); }
	}
	if (tid == 0u) { bounds[b * patches + square] = all[0] * vec4<i32>(-1, 1, -1, 1); }
}
`;
}

/** The storage buffers of {@link imageGradShader}, in order. */
export function imageGradBindings(spec: GridSampleSpec): StorageBinding[] {
	return [
		{ name: "grid", access: "read", type: "array<u32>" },
		{ name: "dy", access: "read", type: pixelsType(spec) },
		{ name: "bounds", access: "read", type: "array<vec4<i32>>" },
		{ name: "imageGrad", access: "read_write", type: pixelsType(spec) },
	];
}

/** Groups come as (square of pixels, block of channels, item); a thread owns a pixel and `block` of its channels. */
export function imageGradShader(spec: GridSampleSpec, block: number): string {
	const threads = patch * patch;
	const each = (line: (c: number) => string): string =>
		Array.from({ length: block }, (_, c) => line(c)).join("\n\t\t\t\t");
	return `
${gridDeclarations(spec, imageGradBindings(spec))}
${tapCode(spec)}
var<workgroup> hits: array<u32, ${threads}>;
var<workgroup> hitCount: u32;
var<workgroup> rows: array<vec4<i32>, ${threads}>;
var<workgroup> rowWeights: array<vec4<f32>, ${threads}>;
var<workgroup> columns: array<vec4<i32>, ${threads}>;
var<workgroup> columnWeights: array<vec4<f32>, ${threads}>;
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) tid: u32) {
	let b = group.z;
	let squares = (p.width + ${patch - 1}u) / ${patch}u;
	let top = i32(group.x / squares) * ${patch};
	let left = i32(group.x % squares) * ${patch};
	let v = top + i32(tid / ${patch}u);
	let u = left + i32(tid % ${patch}u);
	let c0 = group.y * ${block}u;
	let patchCount = p.patchRows * p.patchColumns;
	${each((c) => `var sum_${c} = Pixel();`)}
	for (var first = 0u; first < patchCount; first += ${threads}u) {
		let near = bounds[b * patchCount + min(first + tid, patchCount - 1u)];
		let meets = first + tid < patchCount && near.x < top + ${patch} && near.y >= top && near.z < left + ${patch} && near.w >= left;
		workgroupBarrier();
		hits[tid] = select(0u, 1u, meets);
		workgroupBarrier();
		if (tid == 0u) {
			var n = 0u;
			for (var i = 0u; i < ${threads}u; i++) {
				if (hits[i] == 1u) { hits[n] = first + i; n++; }
			}
			hitCount = n;
		}
		let found = workgroupUniformLoad(&hitCount);
		for (var hit = 0u; hit < found; hit++) {
			let square = hits[hit];
			${ownPoint}
			workgroupBarrier();
			rows[tid] = y.at;
			rowWeights[tid] = select(vec4<f32>(0.0), y.weight, there);
			columns[tid] = x.at;
			columnWeights[tid] = x.weight;
			workgroupBarrier();
			for (var q = 0u; q < ${threads}u; q++) {
				let own = select(vec4<f32>(0.0), rowWeights[q], rows[q] == vec4<i32>(v));
				let across = select(vec4<f32>(0.0), columnWeights[q], columns[q] == vec4<i32>(u));
				let weight = (own.x + own.y + own.z + own.w) * (across.x + across.y + across.z + across.w);
				if (weight != 0.0) {
					let at = (square / p.patchColumns * ${patch}u + q / ${patch}u) * p.outWidth + square % p.patchColumns * ${patch}u + q % ${patch}u;
					let base = (b * p.outHeight * p.outWidth + at) * p.channels;
				${each((c) => `if (c0 + ${c}u < p.channels) { sum_${c} += weight * dy[base + c0 + ${c}u]; }`)}
				}
			}
		}
	}
	if (v < i32(p.height) && u < i32(p.width)) {
		let base = ((b * p.height + u32(v)) * p.width + u32(u)) * p.channels;
		${each((c) => `if (c0 + ${c}u < p.channels) { imageGrad[base + c0 + ${c}u] = sum_${c}; }`)}
	}
}
`;
}
