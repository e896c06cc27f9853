import { checkFlag, checkOptions, HeedError } from "@heed/core";
import { guardOf } from "../device/device-guard.ts";
import { tierOf } from "../device/device-tier.ts";
import { compileAhead, type GpuProgram } from "../device/gpu-programs.ts";
import { runningWebGpu } from "../device/running-webgpu.ts";
import { backwardPlan, forwardPlan } from "./attention-plan.ts";
import type { AttentionSpec } from "./attention-shader.ts";
import { unsupportedShapes } from "./fused-attention.ts";

/** A tensor's shape `[batch, heads, length, size]`. */
export type AttentionShape = readonly [number, number, number, number];

/** What attention will be called with: shapes, and which options are there. Their values do not matter. */
export interface AttentionCall {
	/** `[B, H, Tq, D]` */
	readonly query: AttentionShape;
	/** `[B, Hk, Tk, D]` */
	readonly key: AttentionShape;
	/** `[B, Hk, Tk, Dv]`. Default as the keys. */
	readonly value?: AttentionShape | undefined;
	/** `[B | 1, H | 1, Tq | 1, Tk | 1]` */
	readonly bias?: AttentionShape | undefined;
	readonly mask?: boolean | undefined;
	readonly keyLengths?: boolean | undefined;
	readonly sinks?: boolean | undefined;
	readonly causal?: boolean | undefined;
	readonly window?: boolean | undefined;
	readonly softcap?: boolean | undefined;
	readonly dropout?: boolean | undefined;
	/** Also the kernels of the gradients. Default true. */
	readonly gradients?: boolean | undefined;
}

const where = "warmUp";
const flags = [
	"mask",
	"keyLengths",
	"sinks",
	"causal",
	"window",
	"softcap",
	"dropout",
	"gradients",
] as const satisfies readonly (keyof AttentionCall)[];

/**
 * Compiles the kernels for calls of attention ahead, without blocking: what would otherwise hold up the first call of each
 * kind. Lengths and batch may differ later; head sizes and which options are there may not. Decoding has kernels of its own:
 * give it as a call with one query. Does nothing on a backend that is not WebGPU.
 *
 *     await warmUp({ query: [1, 8, 512, 64], key: [1, 8, 512, 64], causal: true });
 *
 * @returns How many kernels the calls have, compiled now or before.
 * @throws HeedError `OPTION`, `SHAPE`; `UNSUPPORTED` for a call that would go to the composition; `DEVICE` with the lines of a
 *   shader that does not compile.
 * @throws DeviceLostError
 */
export async function warmUp(calls: AttentionCall | readonly AttentionCall[]): Promise<number> {
	const list: readonly AttentionCall[] = Array.isArray(calls) ? calls : [calls];
	for (const call of list) checkCall(call);
	const backend = runningWebGpu();
	if (backend === undefined) return 0;
	const { device } = backend;
	guardOf(backend).check(where);
	const programs = new Map<string, GpuProgram>();
	for (const call of list) {
		for (const program of programsOf(call, device)) programs.set(program.key, program);
	}
	await Promise.all([...programs.values()].map((program) => compileAhead(device, program)));
	return programs.size;
}

function programsOf(call: AttentionCall, device: GPUDevice): GpuProgram[] {
	const { query, key, value = key, bias, gradients = true } = call;
	const [batch, heads, queries, headDim] = query;
	const [, keyHeads, keys] = key;
	const shapes = { query, key, value, ...(bias && { bias }), ...(gradients && { outputGrad: query }) };
	const reason = unsupportedShapes(device, shapes);
	if (reason !== undefined) throw new HeedError("UNSUPPORTED", where, `${reason}.`);
	const spec: AttentionSpec = {
		headDim,
		valueDim: value[3],
		bounded: call.causal === true || call.window === true,
		keyLengths: call.keyLengths === true,
		mask: call.mask === true,
		bias: bias !== undefined,
		softcap: call.softcap === true,
		sinks: call.sinks === true,
		dropout: call.dropout === true,
	};
	const sizes = { batch, heads, keyHeads, queries, keys, bias };
	const forward = forwardPlan(spec, sizes, tierOf(device));
	const steps = forward.whole === undefined ? [forward.part, forward.merge] : [forward.whole];
	const all = [...steps, ...(gradients ? Object.values(backwardPlan(spec, sizes, tierOf(device))) : [])];
	return all.map(({ program }) => program);
}

function checkCall(call: AttentionCall): void {
	checkOptions(where, call, ["query", "key", "value", "bias", ...flags]);
	for (const name of flags) checkFlag(where, name, call[name] ?? false);
	for (const name of ["query", "key", "value", "bias"] as const) {
		const shape: unknown = call[name];
		if (shape === undefined && (name === "value" || name === "bias")) continue;
		if (Array.isArray(shape) && shape.length === 4 && shape.every((n) => Number.isInteger(n) && n > 0))
			continue;
		throw new HeedError("SHAPE", where, `${name} is ${JSON.stringify(shape)}; expected four sizes above 0.`);
	}
	const { query, key, value = key, bias = [1, 1, 1, 1] } = call;
	const misfit = (name: string, shape: AttentionShape, to: string, wanted: string): HeedError =>
		new HeedError("SHAPE", where, `${name} [${shape.join(", ")}] does not fit ${to}: expected ${wanted}.`);
	const ofQuery = `query [${query.join(", ")}]`;
	const ofKey = `key [${key.join(", ")}]`;
	if (query[1] % key[1] !== 0 || query[3] !== key[3] || query[0] !== key[0]) {
		const wanted = "equal batches and head sizes, and heads of the query a multiple of those of the key";
		throw misfit("key", key, ofQuery, wanted);
	}
	if (value[0] !== key[0] || value[1] !== key[1] || value[2] !== key[2]) {
		throw misfit("value", value, ofKey, "equal sizes but the last");
	}
	const scores = [query[0], query[1], query[2], key[2]];
	if (scores.every((size, axis) => bias[axis] === size || bias[axis] === 1)) return;
	throw misfit("bias", bias, `the scores [${scores.join(", ")}]`, "these sizes or 1");
}
