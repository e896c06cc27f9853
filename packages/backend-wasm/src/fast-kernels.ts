import "@tensorflow/tfjs-backend-wasm"; // the kernels that ours stand in for must be there first
import {
	checkChoice,
	checkOptions,
	HeedError,
	registerFusedAttention,
	SCALED_DOT_PRODUCT_ATTENTION,
	SCALED_DOT_PRODUCT_ATTENTION_GRAD,
	unregisterFusedAttention,
} from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import { fusedAttention } from "./attention/fused-attention.ts";
import { einsumGradient } from "./einsum/gradient.ts";
import { type Host, openHost } from "./host.ts";
import { chooseBuild, type KernelBuild } from "./kernel-module.ts";
import { adamStep } from "./kernels/adam-step.ts";
import { additiveScore, additiveScoreGrad } from "./kernels/additive-score.ts";
import { batchMatMul } from "./kernels/batch-mat-mul.ts";
import { cacheAppend } from "./kernels/cache-append.ts";
import { equal, greater, greaterEqual, less, lessEqual, notEqual } from "./kernels/compare.ts";
import { conv2DBackpropFilter } from "./kernels/conv2d-backprop-filter.ts";
import { conv2DBackpropInput } from "./kernels/conv2d-backprop-input.ts";
import { conv2D, depthwiseConv2D, fusedConv2D, fusedDepthwiseConv2D } from "./kernels/convolution.ts";
import { depthwiseBackpropFilter } from "./kernels/depthwise-backprop-filter.ts";
import { depthwiseBackpropInput } from "./kernels/depthwise-backprop-input.ts";
import { einsum } from "./kernels/einsum.ts";
import { fusedMatMul } from "./kernels/fused-mat-mul.ts";
import { gather } from "./kernels/gather.ts";
import { gruSequence, gruSequenceGrad } from "./kernels/gru-sequence.ts";
import { identity } from "./kernels/identity.ts";
import { lstmSequence, lstmSequenceGrad } from "./kernels/lstm-sequence.ts";
import { maxPoolGrad } from "./kernels/max-pool-grad.ts";
import { slice } from "./kernels/slice.ts";
import { split } from "./kernels/split.ts";
import { sum } from "./kernels/sum.ts";
import { tile } from "./kernels/tile.ts";
import { tileGradient } from "./kernels/tile-gradient.ts";
import { exp, sigmoid, tanh } from "./kernels/unary.ts";
import { unpack } from "./kernels/unpack.ts";
import { unsortedSegmentSum } from "./kernels/unsorted-segment-sum.ts";
import { registeredKernels } from "./registered-kernels.ts";
import { kernelFunction, type WasmKernel } from "./wasm-kernel.ts";

const backendName = "wasm";

/** What the host lacks or gets wrong. */
const missing: readonly WasmKernel[] = [
	unsortedSegmentSum,
	conv2DBackpropFilter,
	depthwiseBackpropFilter,
	depthwiseBackpropInput,
	einsum,
	maxPoolGrad,
];

/** What the host, or a composition of its kernels, does slowly. */
const slow: readonly WasmKernel[] = [
	adamStep,
	additiveScore,
	additiveScoreGrad,
	cacheAppend,
	gruSequence,
	gruSequenceGrad,
	lstmSequence,
	lstmSequenceGrad,
	batchMatMul,
	fusedMatMul,
	conv2D,
	fusedConv2D,
	conv2DBackpropInput,
	depthwiseConv2D,
	fusedDepthwiseConv2D,
	equal,
	notEqual,
	less,
	lessEqual,
	greater,
	greaterEqual,
	identity,
	slice,
	split,
	unpack,
	gather,
	tile,
	sum,
	tanh,
	sigmoid,
	exp,
];

const attentionKernels = [SCALED_DOT_PRODUCT_ATTENTION, SCALED_DOT_PRODUCT_ATTENTION_GRAD] as const;

const registered = registeredKernels();

/** Options of {@link useFastKernels}. */
export interface FastKernelOptions {
	/**
	 * `missing`: only the kernels that the host lacks or gets wrong, so that everything trains and the rest stays as it is.
	 * Default: all.
	 */
	readonly only?: "missing" | undefined;
	/**
	 * Leave relaxed SIMD instructions out, whose last digit may differ from machine to machine. Default false. Node 20 has
	 * none anyway.
	 */
	readonly deterministic?: boolean | undefined;
}

/**
 * Puts the kernels of this package on the wasm backend of TensorFlow.js, fused attention for `@heed/core`, and a gradient
 * for `tf.einsum` on every backend. Importing the package calls it; call it again after {@link restoreStockKernels}. The
 * other backends keep their kernels.
 *
 * @returns The names that are active now, as {@link activeKernels} does: none when the host is not built as expected.
 * @throws HeedError `OPTION`.
 */
export function useFastKernels(options: FastKernelOptions = {}): readonly string[] {
	const where = "useFastKernels";
	checkOptions(where, options, ["only", "deterministic"]);
	const { only, deterministic = false } = options;
	if (only !== undefined) checkChoice(where, "only", only, ["missing"]);
	if (typeof deterministic !== "boolean") {
		throw new HeedError(
			"OPTION",
			where,
			`\`deterministic\` is ${String(deterministic)}; expected true or false.`,
		);
	}
	registered.build = chooseBuild(deterministic);
	const started = tf.engine().registry[backendName];
	if (started !== undefined && open(started) === undefined) return activeKernels();
	for (const kernel of missing) use(kernel);
	for (const kernel of slow) {
		if (only === undefined) use(kernel);
		else restore(kernel.kernelName);
	}
	useAttention(only === undefined);
	if (tf.getGradient(einsumGradient.kernelName) === undefined) useGradient(einsumGradient);
	if (only === undefined) useGradient(tileGradient);
	else restoreGradient(tileGradient.kernelName);
	return activeKernels();
}

function use(kernel: WasmKernel): void {
	const name = kernel.kernelName;
	if (registered.active.has(name)) return;
	const replaced = tf.getKernel(name, backendName) as tf.KernelConfig | undefined;
	if (replaced !== undefined && !registered.stock.has(name)) registered.stock.set(name, replaced.kernelFunc);
	const ours: tf.KernelConfig = {
		...replaced,
		kernelName: name,
		backendName,
		// The host calls it when the backend starts: the last moment to step back before a kernel of ours is called.
		setupFunc(backend) {
			replaced?.setupFunc?.(backend);
			open(backend as object);
		},
		kernelFunc: kernelFunction(kernel, registered.stock.get(name), open, hostKernel),
	};
	replaceKernel(name, ours);
	registered.active.set(name, { ours, replaced });
}

/** Puts the host's own kernels back and takes away those that it does not have. */
export function restoreStockKernels(): void {
	for (const name of [...registered.active.keys()]) restore(name);
	useAttention(false);
	for (const name of [...registered.gradients.keys()]) restoreGradient(name);
}

function useGradient(ours: tf.GradConfig): void {
	const { kernelName } = ours;
	const replaced = tf.getGradient(kernelName) as tf.GradConfig | undefined;
	if (replaced === ours) return;
	tf.registerGradient(ours);
	registered.gradients.set(kernelName, { ours, replaced });
}

function restoreGradient(name: string): void {
	const { ours, replaced } = registered.gradients.get(name) ?? {};
	registered.gradients.delete(name);
	if (ours === undefined || tf.getGradient(name) !== ours) return;
	if (replaced === undefined) tf.unregisterGradient(name);
	else tf.registerGradient(replaced);
}

function restore(name: string): void {
	const active = registered.active.get(name);
	if (active === undefined) return;
	// Somebody else's kernel that has taken the place since is not ours to remove.
	if (tf.getKernel(name, backendName) === active.ours) replaceKernel(name, active.replaced);
	registered.active.delete(name);
}

function useAttention(wanted: boolean): void {
	if (wanted) registerFusedAttention(ourAttention);
	else if (registered.attentionIsOurs) unregisterFusedAttention(backendName);
	registered.attentionIsOurs = wanted;
}

/** The names of the kernels of this package that the wasm backend uses now. */
export function activeKernels(): readonly string[] {
	const names = [...registered.active]
		.filter(([name, { ours }]) => tf.getKernel(name, backendName) === ours)
		.map(([name]) => name);
	return registered.attentionIsOurs ? [...names, ...attentionKernels] : names;
}

/** Which build of the compiled kernels runs here: `relaxed` where the engine has relaxed SIMD, `plain` elsewhere. */
export function kernelBuild(): KernelBuild {
	return registered.build;
}

function replaceKernel(name: string, config: tf.KernelConfig | undefined): void {
	// Unregister first, or the host warns.
	if (tf.getKernel(name, backendName) !== undefined) tf.unregisterKernel(name, backendName);
	if (config !== undefined) tf.registerKernel(config);
}

/** A backend that the kernels can work in; otherwise the host's own come back, with one warning. */
function open(backend: object): Host | undefined {
	const host = openHost(backend, registered.build);
	if (typeof host !== "string") return host;
	restoreStockKernels();
	if (!registered.warned) {
		registered.warned = true;
		console.warn(
			`@heed/backend-wasm: ${host}. The host's own kernels stay in use: embeddings and convolutions cannot be trained on it.`,
		);
	}
	return undefined;
}

const ourAttention = fusedAttention((backend) => openHost(backend, registered.build));

function hostKernel(name: string): tf.KernelFunc {
	const stock = registered.stock.get(name);
	if (stock !== undefined) return stock;
	const config = tf.getKernel(name, backendName) as tf.KernelConfig | undefined;
	if (config === undefined) throw new Error(`The wasm backend has no kernel '${name}'.`);
	return config.kernelFunc;
}
