import type { StorageBinding } from "../device/gpu-programs.ts";
import { type GridSampleSpec, gridDeclarations, pixelsType, tapCode, tapCount } from "./tap-code.ts";

const grid: StorageBinding = { name: "grid", access: "read", type: "array<u32>" };
const image = (spec: GridSampleSpec): StorageBinding => ({
	name: "image",
	access: "read",
	type: pixelsType(spec),
});

/** The storage buffers of {@link forwardShader}, in order. */
export function forwardBindings(spec: GridSampleSpec): StorageBinding[] {
	return [grid, image(spec), { name: "output", access: "read_write", type: pixelsType(spec) }];
}

/** A thread for each point and (four) channels. */
export function forwardShader(spec: GridSampleSpec): string {
	const taps = Array.from({ length: tapCount(spec) }, (_, i) => i);
	return `
${gridDeclarations(spec, forwardBindings(spec))}
${tapCode(spec)}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) tid: u32) {
	let i = (group.x + group.y * 65535u) * 64u + tid;
	let points = p.outHeight * p.outWidth;
	if (i >= p.batch * points * p.channels) { return; }
	let point = i / p.channels;
	let start = point / points * p.height * p.width;
	let x = taps(grid[2u * point], p.width);
	let y = taps(grid[2u * point + 1u], p.height);
	var sum = Pixel();
	${taps
		.flatMap((v) =>
			taps.map(
				(u) => `{ let weight = y.weight[${v}] * x.weight[${u}];
		let pixel = image[(start + u32(y.at[${v}]) * p.width + u32(x.at[${u}])) * p.channels + i % p.channels];
		sum += select(Pixel(), pixel, weight != 0.0) * weight; }`,
			),
		)
		.join("\n	")}
	output[i] = sum;
}
`;
}

/** The storage buffers of {@link gridGradShader}, in order. */
export function gridGradBindings(spec: GridSampleSpec): StorageBinding[] {
	const dy = { name: "dy", access: "read", type: pixelsType(spec) } as const;
	return [grid, image(spec), dy, { name: "gridGrad", access: "read_write", type: "array<f32>" }];
}

/** A thread for each point: how its output changes with x and y. */
export function gridGradShader(spec: GridSampleSpec): string {
	const taps = Array.from({ length: tapCount(spec) }, (_, i) => i);
	const product = spec.whole ? "dot(upstream, pixel)" : "upstream * pixel";
	return `
${gridDeclarations(spec, gridGradBindings(spec))}
${tapCode(spec)}
@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) tid: u32) {
	let point = (group.x + group.y * 65535u) * 64u + tid;
	let points = p.outHeight * p.outWidth;
	if (point >= p.batch * points) { return; }
	let start = point / points * p.height * p.width;
	let x = taps(grid[2u * point], p.width);
	let y = taps(grid[2u * point + 1u], p.height);
	var change = vec2<f32>(0.0);
	for (var c = 0u; c < p.channels; c++) {
		let upstream = dy[point * p.channels + c];
		${taps
			.flatMap((v) =>
				taps.map(
					(u) => `{ let slope = vec2<f32>(y.weight[${v}] * x.slope[${u}], y.slope[${v}] * x.weight[${u}]);
			let pixel = image[(start + u32(y.at[${v}]) * p.width + u32(x.at[${u}])) * p.channels + c];
			change += select(vec2<f32>(0.0), ${product} * slope, slope != vec2<f32>(0.0)); }`,
				),
			)
			.join("\n		")}
	}
	gridGrad[2u * point] = change.x;
	gridGrad[2u * point + 1u] = change.y;
}
`;
}
