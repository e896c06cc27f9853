import { plain, relaxed } from "./generated/kernels.ts";

/**
 * The kernels of `assembly/`, at work in the memory of tfjs-backend-wasm. Pointers and strides are bytes, sizes are elements.
 * They read and write where they are told to and check nothing.
 */
export interface KernelModule {
	/** Bytes of scratch that `multiply` and `multiplyItems` need for these sizes. */
	multiplyScratch(m: number, k: number, n: number): number;
	/** `C[m, n] = A · B` for `items` pairs of matrices; items lie `aItem` and `bItem` bytes apart, 0 for a common one. */
	multiplyItems(
		a: number,
		aItem: number,
		transposeA: boolean,
		b: number,
		bItem: number,
		transposeB: boolean,
		c: number,
		items: number,
		m: number,
		k: number,
		n: number,
		scratch: number,
	): void;
	/** `to[i] = tanh x[i]`, for so many numbers. */
	tanhAll(x: number, count: number, to: number): void;
	sigmoidAll(x: number, count: number, to: number): void;
	expAll(x: number, count: number, to: number): void;
	/** The recurrent sequences take pointers and sizes in the order of `assembly/recurrent/`. */
	gruForwardScratch(batch: number, units: number): number;
	gruForward(...values: (number | boolean)[]): void;
	gruBackwardScratch(time: number, batch: number, units: number): number;
	gruBackward(...values: (number | boolean)[]): void;
	lstmForwardScratch(batch: number, units: number): number;
	lstmForward(...values: (number | boolean)[]): void;
	lstmBackwardScratch(time: number, batch: number, units: number): number;
	lstmBackward(...values: (number | boolean)[]): void;
	/** Pointers and sizes in the order of `assembly/additive-score.ts`. */
	additiveScore(...values: number[]): void;
	additiveScoreGrad(...values: number[]): void;
	/** One update of Adam: pointers, count, the five numbers, pointers of the results. */
	adamStep(...values: number[]): void;
	/** `to[o, i] = Σ_c x[o, c, i]` of float32. */
	sumAxis(x: number, outer: number, count: number, inner: number, to: number): void;
	/** `to[o, t, b] = x[o, b]`: pieces of so many bytes, each so many times. */
	repeat(x: number, outer: number, bytes: number, times: number, to: number): void;
	/** x = activation(x + bias) for rows without gaps; `bias` 0 for none, the activation by its number. */
	biasAndActivate(
		x: number,
		rows: number,
		columns: number,
		bias: number,
		activation: number,
		alpha: number,
	): void;
	/** `to[i, j] = a[i, j] ? b[i, j]` in bytes; strides from row to row and from number to number, 0 where one is repeated. */
	compare(
		what: number,
		floats: boolean,
		a: number,
		aRow: number,
		aStep: number,
		b: number,
		bRow: number,
		bStep: number,
		rows: number,
		columns: number,
		to: number,
	): void;
	/**
	 * Convolutions work on a geometry (`convolution-info.ts`). Bytes of scratch that `convolution` and its two gradients need.
	 */
	convolutionScratch(geometry: number): number;
	/** y = activation(x ∗ filter + bias); `bias` 0 for none, the activation by its number. */
	convolution(
		geometry: number,
		x: number,
		filter: number,
		bias: number,
		activation: number,
		alpha: number,
		y: number,
		scratch: number,
	): void;
	convolutionFilterGrad(geometry: number, x: number, dy: number, dFilter: number, scratch: number): void;
	convolutionInputGrad(geometry: number, dy: number, filter: number, dx: number, scratch: number): void;
	/** Bytes of scratch that `depthwise` and its two gradients need. */
	depthwiseScratch(geometry: number): number;
	depthwise: KernelModule["convolution"];
	depthwiseFilterGrad: KernelModule["convolutionFilterGrad"];
	depthwiseInputGrad: KernelModule["convolutionInputGrad"];
	/** `dx = 0`, and then += dy at the first largest of each window. */
	maxPoolGrad(geometry: number, x: number, dy: number, dx: number): void;
	/** `to[s] = Σ x[n]` over the rows whose id is s; float32 (type 0), int32 (1) or bytes (2). */
	segmentSum(
		x: number,
		ids: number,
		rows: number,
		width: number,
		segments: number,
		to: number,
		type: number,
	): void;
	/** Bytes of scratch that `attend` needs for a problem (`attention-problem.ts`). */
	attendScratch(problem: number): number;
	/** The forward pass of a problem. */
	attend(problem: number): void;
	/** Bytes of scratch that `attendGrad` needs. */
	attendGradScratch(problem: number): number;
	/** The backward pass of a problem. */
	attendGrad(problem: number): void;
}

/** Which build of the kernels runs: `relaxed` where the engine has relaxed SIMD, `plain` elsewhere. */
export type KernelBuild = "plain" | "relaxed";

/** A module with one relaxed instruction: three zero vectors, `f32x4.relaxed_madd`, drop. */
const relaxedProbe = [
	...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 20, 1, 18, 0],
	...[65, 0, 253, 17, 65, 0, 253, 17, 65, 0, 253, 17, 253, 133, 2, 26, 11],
];

let compiled: { readonly build: KernelBuild; readonly module: WebAssembly.Module } | undefined;

/** The build that this engine gets; `deterministic` insists on plain SIMD, whose results are the same on every machine. */
export function chooseBuild(deterministic: boolean): KernelBuild {
	return !deterministic && WebAssembly.validate(new Uint8Array(relaxedProbe)) ? "relaxed" : "plain";
}

/**
 * Starts the kernels in a memory.
 *
 * @throws Error where the engine refuses them: no SIMD, or a content security policy without `'wasm-unsafe-eval'`.
 */
export function startKernels(memory: WebAssembly.Memory, build: KernelBuild): KernelModule {
	const bytes = decode(build === "relaxed" ? relaxed : plain);
	if (isShared(memory)) {
		// The threaded build of the host: another type of import.
		const module = new WebAssembly.Module(withSharedMemory(bytes));
		return exportsOf(module, memory);
	}
	if (compiled?.build !== build) compiled = { build, module: new WebAssembly.Module(bytes) };
	return exportsOf(compiled.module, memory);
}

function exportsOf(module: WebAssembly.Module, memory: WebAssembly.Memory): KernelModule {
	const instance = new WebAssembly.Instance(module, { env: { memory } });
	return instance.exports as unknown as KernelModule; // JavaScript cannot know what a module exports
}

function isShared({ buffer }: WebAssembly.Memory): boolean {
	return typeof SharedArrayBuffer === "function" && buffer instanceof SharedArrayBuffer;
}

/**
 * The same module with its memory declared shared, of at most 65,536 pages, as the host's threaded build makes it. The
 * memory is the only import, so the section is `2, size, 1, "env", "memory", 2, limits`, where the limits change from
 * `0, least` to `3, least, 65536`.
 */
function withSharedMemory(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
	const name = [3, 101, 110, 118, 6, 109, 101, 109, 111, 114, 121, 2]; // "env", "memory", kind 2
	const at = bytes.findIndex((_, i) => name.every((byte, k) => bytes[i + k] === byte)); // of the names; before it: size, 1
	const limits = at + name.length;
	const [size = 0, flag, least = 0] = [bytes[at - 2], bytes[limits], bytes[limits + 1]];
	if (at < 0 || bytes[at - 3] !== 2 || flag !== 0 || size > 124 || least > 127) {
		throw new Error("The kernels' import of the memory is not written as expected.");
	}
	const patched = new Uint8Array(bytes.length + 3);
	patched.set(bytes.subarray(0, limits));
	patched.set([3, least, 0x80, 0x80, 4], limits);
	patched.set(bytes.subarray(limits + 2), limits + 5);
	patched[at - 2] = size + 3;
	return patched;
}

function decode(base64: string): Uint8Array<ArrayBuffer> {
	const text = atob(base64);
	const bytes = new Uint8Array(text.length);
	for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
	return bytes;
}
