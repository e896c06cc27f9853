import type {
	AttentionAttributes,
	AttentionGradInputs,
	AttentionInputs,
	FusedAttention,
	InputShapes,
} from "@heed/core";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { type DeviceRun, withDevice } from "../device/device-run.ts";
import { tierOf } from "../device/device-tier.ts";
import { groupsPerDimension } from "../device/gpu-programs.ts";
import {
	type AttentionList,
	attentionList,
	attentionParameters,
	attentionSpec,
	writeList,
} from "./attention-parameters.ts";
import { type AttentionSizes, backwardPlan, forwardPlan, type Step } from "./attention-plan.ts";
import type { AttentionSpec } from "./attention-shader.ts";
import { sumRows } from "./score-grad-code.ts";
import { largestDim, needsOf, tilesFor } from "./tile-table.ts";

const where = "scaledDotProductAttention";

/** The kernels for scaled dot-product attention on a WebGPU backend, forward and backward. */
export function fusedAttention(backendName: string): FusedAttention {
	return {
		backendName,
		unsupported: (shapes) => unsupportedShapes((tf.backend() as WebGPUBackend).device, shapes),
		forward: (inputs, attributes, backend) => forward(backend as WebGPUBackend, inputs, attributes),
		backward: (inputs, attributes, backend) => backward(backend as WebGPUBackend, inputs, attributes),
	};
}

/** Why the kernels cannot do a problem on a device, or nothing when they can. */
export function unsupportedShapes(device: GPUDevice, shapes: InputShapes): string | undefined {
	if (Object.values(shapes).some((shape) => shape?.includes(0) === true)) return "a tensor is empty";
	const { query, key, value, bias, sinks, outputGrad } = shapes;
	const headDim = query?.[3] ?? 0;
	const valueDim = value?.[3] ?? 0;
	if (Math.max(headDim, valueDim) > largestDim) {
		return `head sizes are up to ${largestDim} in the fused kernels, and one is ${Math.max(headDim, valueDim)}`;
	}
	const gradients = outputGrad !== undefined;
	const biases = (bias?.[0] ?? 1) * (bias?.[1] ?? 1);
	if (gradients && biases > groupsPerDimension) {
		return `a bias for ${biases} heads of the batch has no gradient in the fused kernels; up to ${groupsPerDimension} have one`;
	}
	const heads = query?.[1] ?? 0;
	if (gradients && sinks !== undefined && heads > groupsPerDimension) {
		return `sinks of ${heads} heads have no gradient in the fused kernels; up to ${groupsPerDimension} have one`;
	}
	const tiles = tilesFor(headDim, valueDim, tierOf(device));
	const needs = needsOf(tiles, { headDim, valueDim, gradients, bias: bias !== undefined });
	const lengths = { queries: query?.[2] ?? 0, keys: key?.[2] ?? 0 };
	for (const name of ["queries", "keys"] as const) {
		if (lengths[name] <= needs[name]) continue;
		return `the fused kernels take up to ${needs[name]} ${name}, and there are ${lengths[name]}`;
	}
	const { bytes, threads } = needs;
	const { maxComputeWorkgroupStorageSize, maxComputeInvocationsPerWorkgroup } = device.limits;
	if (bytes > maxComputeWorkgroupStorageSize) {
		return `the fused kernels need ${bytes} bytes of workgroup memory; the device gives ${maxComputeWorkgroupStorageSize}`;
	}
	if (threads > maxComputeInvocationsPerWorkgroup) {
		return `the fused kernels need workgroups of ${threads} threads; the device gives ${maxComputeInvocationsPerWorkgroup}`;
	}
	return undefined;
}

function forward(
	backend: WebGPUBackend,
	inputs: AttentionInputs,
	attributes: AttentionAttributes,
): TensorInfo[] {
	const { query, key, value, bias, mask } = inputs;
	const sizes = sizesOf(inputs);
	const { batch, heads, queries } = sizes;
	const spec = attentionSpec(inputs, attributes);
	const plan = forwardPlan(spec, sizes, tierOf(backend.device));
	const list = attentionList(inputs, attributes, spec);
	return withDevice(backend, where, { query, key, value, bias, mask }, (run) => {
		const output = run.result("output", [batch, heads, queries, spec.valueDim]);
		const logSumExp = run.result("logSumExp", [batch, heads, queries]);
		const dispatch = dispatcher(run, inputs, attributes, spec, list);
		const lists = ownList(run, inputs, list);
		const sides = [...present(bias, mask), ...lists];
		if (plan.whole !== undefined) {
			dispatch(plan.whole, [query, key, value, output, logSumExp, ...sides]);
			return [output, logSumExp];
		}
		const { splits, part, merge } = plan;
		const parts = run.scratch("output in parts", [splits, batch, heads, queries, spec.valueDim]);
		const stats = run.scratch("logSumExp in parts", [2, splits, batch, heads, queries]);
		dispatch(part, [query, key, value, parts, stats, ...sides]);
		dispatch(merge, [parts, stats, output, logSumExp, ...lists]);
		return [output, logSumExp];
	});
}

function backward(
	backend: WebGPUBackend,
	inputs: AttentionGradInputs,
	attributes: AttentionAttributes,
): TensorInfo[] {
	const { query, key, value, bias, mask, sinks, output, logSumExp, outputGrad, logSumExpGrad } = inputs;
	const sizes = sizesOf(inputs);
	const spec = attentionSpec(inputs, attributes);
	const list = attentionList(inputs, attributes, spec);
	const summed = sumRows(spec) * sizes.batch * sizes.heads * sizes.queries;
	const plan = backwardPlan(spec, sizes, tierOf(backend.device));
	return withDevice(backend, where, { query, key, value, bias, mask, outputGrad }, (run) => {
		const dQuery = run.result("dQuery", query.shape);
		const dKey = run.result("dKey", key.shape);
		const dValue = run.result("dValue", value.shape);
		const dBias = bias && run.result("dBias", bias.shape);
		const dSinks = sinks && run.result("dSinks", sinks.shape);
		const sums = run.scratch("sums of the rows", [summed + list.length]);
		const keyGrads = run.scratch("dKey and dValue together", [key.size + value.size]);
		const dispatch = dispatcher(run, inputs, attributes, spec, list);
		const lists = ownList(run, inputs, list);
		// Where a kernel has no binding left for the list, it lies behind the sums.
		writeList(run, inputs, list, sums, summed);
		const sides = present(bias, mask);
		const operands = [query, key, value, outputGrad, sums];
		dispatch(plan.rowSums, [output, outputGrad, logSumExp, logSumExpGrad, sums]);
		if (plan.divisors !== undefined) dispatch(plan.divisors, [query, key, sums, ...sides, ...lists]);
		dispatch(plan.keyGrad, [...operands, keyGrads, ...sides]);
		run.copy(keyGrads, 0, dKey);
		run.copy(keyGrads, 4 * key.size, dValue);
		dispatch(plan.queryGrad, [...operands, dQuery, ...sides]);
		if (dBias !== undefined && plan.biasGrad !== undefined) {
			dispatch(plan.biasGrad, [...operands, dBias, ...sides]);
		}
		if (dSinks !== undefined && plan.sinkGrad !== undefined) {
			dispatch(plan.sinkGrad, [sums, dSinks, ...lists]);
		}
		return [dQuery, dKey, dValue, ...present(dBias, dSinks)];
	});
}

function sizesOf({ query, key, bias }: AttentionInputs): AttentionSizes {
	const [batch, heads, queries] = query.shape;
	const [, keyHeads, keys] = key.shape;
	return { batch, heads, keyHeads, queries, keys, bias: bias?.shape };
}

/** Writes the uniform of a problem, once for all its kernels. */
function dispatcher(
	run: DeviceRun,
	inputs: AttentionInputs,
	attributes: AttentionAttributes,
	spec: AttentionSpec,
	list: AttentionList,
): (step: Step, tensors: readonly TensorInfo[]) => void {
	const uniform = run.uniform(attentionParameters(inputs, attributes, spec, list));
	return ({ program, groups }, tensors) => run.dispatch(program, tensors, uniform, groups);
}

/** The list in a buffer of its own, where there is one. */
function ownList(run: DeviceRun, inputs: AttentionInputs, list: AttentionList): TensorInfo[] {
	if (list.length === 0) return [];
	const tensor = run.scratch("lengths, offsets and sinks", [list.length]);
	writeList(run, inputs, list, tensor, 0);
	return [tensor];
}

function present(...tensors: readonly (TensorInfo | undefined)[]): TensorInfo[] {
	return tensors.filter((tensor) => tensor !== undefined);
}
