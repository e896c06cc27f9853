import type { GridSampleAttributes } from "@heed/core";

/** What is compiled into the kernels of gridSample. */
export interface GridSampleSpec extends GridSampleAttributes {
	/** Channels come in whole vec4. */
	readonly whole: boolean;
}

/** Pixels along one axis that a point reads. */
export function tapCount({ interpolation }: GridSampleAttributes): number {
	return { nearest: 1, bilinear: 2, bicubic: 4 }[interpolation];
}

/** Fields of the uniform, four bytes each. */
export const gridParameterFields = 8;

/** The uniform, and the element of a buffer of images. */
export function gridDeclarations(
	{ whole }: GridSampleSpec,
	bindings: readonly { readonly name: string; readonly access: string; readonly type: string }[],
): string {
	const buffers = bindings.map(
		({ name, access, type }, i) => `@group(0) @binding(${i}) var<storage, ${access}> ${name}: ${type};`,
	);
	return `
alias Pixel = ${whole ? "vec4<f32>" : "f32"};
struct Parameters {
	batch: u32, height: u32, width: u32, channels: u32, // channels counted in Pixel
	outHeight: u32, outWidth: u32, patchRows: u32, patchColumns: u32,
}
${buffers.join("\n")}
@group(0) @binding(${bindings.length}) var<uniform> p: Parameters;
`;
}

/** The type of a buffer of images. */
export function pixelsType({ whole }: GridSampleSpec): string {
	return whole ? "array<vec4<f32>>" : "array<f32>";
}

/**
 * `taps(coordinate, size)`: the pixels along an axis that a point reads, always inside the image, how much of each, and the
 * derivative of that. The same as axis-taps.ts of @heed/core. Taps that there are not have weight 0.
 */
export function tapCode(spec: GridSampleSpec): string {
	const { interpolation, padding, alignCorners } = spec;
	const pad = {
		zeros: "return vec2<f32>(at, 1.0);",
		border: "return clamped(at, size);",
		reflection: `
	let low = ${alignCorners ? "0.0" : "-0.5"};
	let span = ${alignCorners ? "size - 1.0" : "size"};
	if (span == 0.0) { return vec2<f32>(0.0); }
	let distance = abs(at - low);
	let flips = floor(distance / span);
	let rest = distance - flips * span;
	let odd = flips - 2.0 * floor(flips / 2.0);
	let folded = clamped(select(rest, span - rest, odd > 0.0) + low, size);
	let direction = select(1.0, -1.0, at < low) * (1.0 - 2.0 * odd);
	return vec2<f32>(folded.x, direction * folded.y);`,
	}[padding];
	const lines = {
		nearest: `
	let at = vec4<f32>(round(padded(raw, size).x), -1.0, -1.0, -1.0);
	let weight = vec4<f32>(1.0, 0.0, 0.0, 0.0);
	let slope = vec4<f32>(0.0);`,
		bilinear: `
	let place = padded(raw, size);
	let start = floor(place.x);
	let part = place.x - start;
	let at = vec4<f32>(start, start + 1.0, -1.0, -1.0);
	let weight = vec4<f32>(1.0 - part, part, 0.0, 0.0);
	let slope = vec4<f32>(-place.y, place.y, 0.0, 0.0);`,
		bicubic: `
	let start = floor(raw);
	let part = raw - start;
	let t = vec4<f32>(part + 1.0, part, 1.0 - part, 2.0 - part);
	// Cubic convolution with -0.75: distances 1 to 2 outside, 0 to 1 inside.
	let far = ((-0.75 * t + 3.75) * t - 6.0) * t + 3.0;
	let near = (1.25 * t - 2.25) * t * t + 1.0;
	let farSlope = (-2.25 * t + 7.5) * t - 6.0;
	let nearSlope = (3.75 * t - 4.5) * t;
	let weight = vec4<f32>(far.x, near.y, near.z, far.w);
	let slope = vec4<f32>(farSlope.x, nearSlope.y, -nearSlope.z, -farSlope.w);
	let at = round(vec4<f32>(padded(start - 1.0, size).x, padded(start, size).x, padded(start + 1.0, size).x, padded(start + 2.0, size).x));`,
	}[interpolation];
	return `
struct Taps { at: vec4<i32>, weight: vec4<f32>, slope: vec4<f32> }

fn clamped(at: f32, size: f32) -> vec2<f32> {
	return vec2<f32>(clamp(at, 0.0, size - 1.0), select(0.0, 1.0, at > 0.0 && at < size - 1.0));
}
// Where it is after padding, and the derivative of that.
fn padded(at: f32, size: f32) -> vec2<f32> {
	${pad}
}
fn taps(bits: u32, pixels: u32) -> Taps {
	let size = f32(pixels);
	let finite = (bits & 0x7f800000u) != 0x7f800000u;
	let coordinate = clamp(bitcast<f32>(select(0u, bits, finite)), -1.0e6, 1.0e6);
	let scale = ${alignCorners ? "(size - 1.0)" : "size"} * 0.5;
	let raw = coordinate * scale + (size - 1.0) * 0.5;
	${lines}
	let counts = select(vec4<f32>(0.0), vec4<f32>(1.0), (at >= vec4<f32>(0.0)) & (at <= vec4<f32>(size - 1.0)) & vec4<bool>(finite));
	return Taps(vec4<i32>(clamp(at, vec4<f32>(0.0), vec4<f32>(size - 1.0))), weight * counts, slope * scale * counts);
}
`;
}
