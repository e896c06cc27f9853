import type { StorageBinding } from "../device/gpu-programs.ts";

/** What is compiled into a kernel: sizes and the options that are there. Everything else comes in a uniform. */
export interface AttentionSpec {
	readonly headDim: number;
	readonly valueDim: number;
	/** Causal or windowed: the bounds of each batch item are in the uniform. */
	readonly bounded: boolean;
	readonly keyLengths: boolean;
	readonly mask: boolean;
	readonly bias: boolean;
	readonly softcap: boolean;
	readonly sinks: boolean;
	readonly dropout: boolean;
}

/** Score that stands for "hidden": finite, for WGSL may assume that there is no infinity. */
export const hiddenScore = "-3.0e38";

/** Whether there are numbers for each batch item or head: bounds, lengths, sinks. They come in a list of int32. */
export function hasList({ bounded, keyLengths, sinks }: AttentionSpec): boolean {
	return bounded || keyLengths || sinks;
}

/** The list as a buffer of its own, where there is one. */
export function listBinding(spec: AttentionSpec): StorageBinding[] {
	return hasList(spec) ? [{ name: "list", access: "read", type: "array<i32>" }] : [];
}

/** Fields of the uniform, four bytes each. */
export const parameterFields = 24;

/** `array<vec4<f32>>` where rows are whole vec4, `array<f32>` elsewhere. */
export function rowsType(dim: number): string {
	return dim % 4 === 0 ? "array<vec4<f32>>" : "array<f32>";
}

/**
 * Declarations that all attention kernels share: uniform, buffers, visibility, dropout.
 *
 * @param listed How the i-th number of the list is read.
 */
export function declarations(
	spec: AttentionSpec,
	bindings: readonly StorageBinding[],
	listed: string = hasList(spec) ? "list[i]" : "0",
): string {
	const buffers = bindings.map(
		({ name, access, type }, i) => `@group(0) @binding(${i}) var<storage, ${access}> ${name}: ${type};`,
	);
	return `
struct Parameters {
	batch: u32, heads: u32, keyHeads: u32, queries: u32,
	keys: u32, scale: f32, softcap: f32, dropBelow: u32,
	keepFactor: f32, seedLow: u32, seedHigh: u32, minusInfinity: f32,
	biasStrides: vec4<u32>,
	maskStrides: vec4<u32>,
	// The list: (first, last), or [batch] of them; [batch] lengths; [heads] sinks.
	boundsStep: u32, lengthsAt: u32, sinksAt: u32, listAt: u32,
}
${buffers.join("\n")}
@group(0) @binding(${bindings.length}) var<uniform> p: Parameters;

fn listed(i: u32) -> i32 { return ${listed}; }
fn firstKey(b: u32) -> i32 { return ${spec.bounded ? "listed(p.boundsStep * b)" : "-1073741824"}; }
fn lastKey(b: u32) -> i32 { return ${spec.bounded ? "listed(p.boundsStep * b + 1u)" : "1073741824"}; }
fn keyLimit(b: u32) -> u32 { return ${spec.keyLengths ? "u32(clamp(listed(p.lengthsAt + b), 0, i32(p.keys)))" : "p.keys"}; }
fn sinkOf(h: u32) -> f32 { return bitcast<f32>(listed(p.sinksAt + h)); }
fn isDead(lse: f32) -> bool { return bitcast<u32>(lse) == 0xff800000u; }

${spec.softcap ? softTanh : ""}
fn mixBits(bits: u32) -> u32 {
	var x = bits;
	x ^= x >> 16u; x *= 0x7feb352du;
	x ^= x >> 15u; x *= 0x846ca68bu;
	return x ^ (x >> 16u);
}
fn columnBits(key: u32) -> u32 { return mixBits(p.seedLow ^ (key * 0x9e3779b1u)); }
fn keepWeight(columnHash: u32, query: u32, batchHead: u32) -> f32 {
	let bits = mixBits(columnHash ^ p.seedHigh ^ (query * 0x85ebca77u) ^ (batchHead * 0xc2b2ae3du));
	return select(0.0, p.keepFactor, bits >= p.dropBelow);
}
`;
}

/**
 * tanh to float32's own precision: WGSL's is exact to 1e-5, no better near 0, where a large cap multiplies that. Up to 1 by a
 * Padé approximant. A NaN comes through.
 */
const softTanh = `
fn softTanh(x: f32) -> f32 {
	let x2 = x * x;
	let near = x * (945.0 + x2 * (105.0 + x2)) / (945.0 + x2 * (420.0 + 15.0 * x2));
	let far = sign(x) * (1.0 - 2.0 / (exp(2.0 * min(abs(x), 10.0)) + 1.0));
	return select(near, far, abs(x) > 1.0);
}
`;

/** A function `load_<name>(base, row, limit, d)`: four floats of a row, zero beyond the last row and the last column. */
export function loader(name: string, dim: number, paddedTo: number): string {
	const whole = dim % paddedTo === 0;
	if (dim % 4 === 0) {
		const inside = whole ? "row < limit" : `row < limit && d < ${dim}u`;
		const column = whole ? "d" : `min(d, ${dim - 4}u)`;
		return `
fn load_${name}(base: u32, row: u32, limit: u32, d: u32) -> vec4<f32> {
	let at = base + min(row, max(limit, 1u) - 1u) * ${dim}u + ${column};
	return select(vec4<f32>(0.0), ${name}[at / 4u], ${inside});
}`;
	}
	// What lies behind the row's end is read and left out: with four bounded indices, SwiftShader compiles for minutes.
	return `
fn load_${name}(base: u32, row: u32, limit: u32, d: u32) -> vec4<f32> {
	let at = base + min(row, max(limit, 1u) - 1u) * ${dim}u + d;
	let v = vec4<f32>(${name}[at], ${name}[at + 1u], ${name}[at + 2u], ${name}[at + 3u]);
	return select(vec4<f32>(0.0), v, vec4<bool>(row < limit) & (vec4<u32>(d) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(${dim}u)));
}`;
}

/** Writes four floats of a row, as far as the row has them; `whole` where the buffer holds vec4. */
export function storeRow(
	name: string,
	dim: number,
	at: string,
	d: string,
	value: string,
	whole: boolean = dim % 4 === 0,
): string {
	if (whole) return `if (${d} < ${dim}u) { ${name}[(${at} + ${d}) / 4u] = ${value}; }`;
	return [0, 1, 2, 3]
		.map((c) => `if (${d} + ${c}u < ${dim}u) { ${name}[${at} + ${d} + ${c}u] = ${value}[${c}]; }`)
		.join(" ");
}

/** Bias and mask, where they are there. */
export function sideBindings({ bias, mask }: Pick<AttentionSpec, "bias" | "mask">): StorageBinding[] {
	return [
		...(bias ? [{ name: "bias", access: "read", type: "array<f32>" } as const] : []),
		...(mask ? [{ name: "mask", access: "read", type: "array<i32>" } as const] : []),
	];
}
