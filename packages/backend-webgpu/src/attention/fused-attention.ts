import {
	type AttentionAttributes,
	type AttentionGradInputs,
	type AttentionInputs,
	type FusedAttention,
	HeedError,
} from "@heed/core";
import type { WebGPUBackend } from "@tensorflow/tfjs-backend-webgpu";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import * as tf from "@tensorflow/tfjs-core";
import { type DeviceRun, withDevice } from "../device/device-run.ts";
import type { GpuProgram } from "../device/gpu-programs.ts";
import { attentionParameters, attentionSpec, listOffsets } from "./attention-parameters.ts";
import {
	biasGradProgram,
	decodeProgram,
	divisorProgram,
	forwardProgram,
	keyGradProgram,
	mergeProgram,
	queryGradProgram,
	rowSumProgram,
	sinkGradProgram,
} from "./attention-programs.ts";
import type { AttentionSpec } from "./attention-shader.ts";
import { sumRows } from "./score-grad-code.ts";
import { type Tile, tileSizes } from "./tile.ts";
import { decodeTileFor, largestDim, largestWorkgroup, tilesFor } from "./tile-table.ts";

const groupsPerDimension = 65535;

/** The kernels for scaled dot-product attention on a WebGPU backend, forward and backward. */
export function fusedAttention(backendName: string): FusedAttention {
	return {
		backendName,
		unsupported(shapes) {
			if (Object.values(shapes).some((shape) => shape?.includes(0) === true)) return "a tensor is empty";
			const { query, value } = shapes;
			const [batch = 0, heads = 0, , headDim = 0] = query ?? [];
			const valueDim = value?.[3] ?? 0;
			const { limits } = (tf.backend() as WebGPUBackend).device;
			if (Math.max(headDim, valueDim) > largestDim) {
				return `head sizes are up to ${largestDim} in the fused kernels, and one is ${Math.max(headDim, valueDim)}`;
			}
			if (64 * (3 * batch + heads) > limits.maxUniformBufferBindingSize) {
				return `a batch of ${batch} does not fit the uniform of the fused kernels`;
			}
			const needed = largestWorkgroup(tilesFor(headDim, valueDim), headDim, valueDim);
			if (needed > limits.maxComputeWorkgroupStorageSize) {
				return `the fused kernels need ${needed} bytes of workgroup memory; the device gives ${limits.maxComputeWorkgroupStorageSize}`;
			}
			return undefined;
		},
		forward: (inputs, attributes, backend) => forward(backend as WebGPUBackend, inputs, attributes),
		backward: (inputs, attributes, backend) => backward(backend as WebGPUBackend, inputs, attributes),
	};
}

function forward(
	backend: WebGPUBackend,
	inputs: AttentionInputs,
	attributes: AttentionAttributes,
): TensorInfo[] {
	const { query, key, value, bias, mask } = inputs;
	const [batch, heads, queries] = query.shape;
	const spec = attentionSpec(inputs, attributes);
	const tile = tilesFor(spec.headDim, spec.valueDim).forward;
	checkSizes(backend, { query, key, value, bias, mask, output: [batch, heads, queries, spec.valueDim] });
	const [, keyHeads, keys] = key.shape;
	const rows = (heads / keyHeads) * queries;
	const decode = batch * keyHeads <= groupsPerDimension ? decodeTileFor(rows, keys) : undefined;
	return withDevice(backend, (run) => {
		const output = run.result([batch, heads, queries, spec.valueDim]);
		const logSumExp = run.result([batch, heads, queries]);
		const dispatch = dispatcher(run, inputs, attributes, spec);
		if (decode !== undefined) {
			const splits = Math.ceil(keys / decode.keys);
			const parts = run.scratch([splits, batch, heads, queries, spec.valueDim]);
			const stats = run.scratch([2, splits, batch, heads, queries]);
			dispatch(
				decodeProgram(spec, decode),
				[query, key, value, parts, stats, ...present(bias, mask)],
				[splits * Math.ceil(rows / decode.rows), batch * keyHeads, 1],
			);
			dispatch(mergeProgram(spec), [parts, stats, output, logSumExp], fold(batch * heads * queries));
			return [output, logSumExp];
		}
		dispatch(
			forwardProgram(spec, tile),
			[query, key, value, output, logSumExp, ...present(bias, mask)],
			headGroups(queries, tile, batch * heads),
		);
		return [output, logSumExp];
	});
}

function backward(
	backend: WebGPUBackend,
	inputs: AttentionGradInputs,
	attributes: AttentionAttributes,
): TensorInfo[] {
	const { query, key, value, bias, mask, sinks, output, logSumExp, outputGrad, logSumExpGrad } = inputs;
	const [batch, heads, queries] = query.shape;
	const [, keyHeads, keys] = key.shape;
	const spec = attentionSpec(inputs, attributes);
	const tiles = tilesFor(spec.headDim, spec.valueDim);
	checkSizes(backend, { query, key, value, bias, mask, outputGrad, keyGrads: [key.size + value.size] });
	return withDevice(backend, (run) => {
		const dQuery = run.result(query.shape);
		const dKey = run.result(key.shape);
		const dValue = run.result(value.shape);
		const sums = run.scratch([sumRows(spec), batch, heads, queries]);
		const keyGrads = run.scratch([key.size + value.size]);
		const dispatch = dispatcher(run, inputs, attributes, spec);
		const sides = present(bias, mask);
		const operands = [query, key, value, outputGrad, sums];
		const rowGroups = Math.ceil((batch * heads * queries) / 64);
		dispatch(rowSumProgram(spec), [output, outputGrad, logSumExp, logSumExpGrad, sums], fold(rowGroups));
		if (spec.bias) {
			const groups = headGroups(queries, tiles.biasGrad, batch * heads);
			dispatch(divisorProgram(spec, tiles.biasGrad), [query, key, sums, ...sides], groups);
		}
		dispatch(
			keyGradProgram(spec, tiles.keyGrad),
			[...operands, keyGrads, ...sides],
			headGroups(keys, tiles.keyGrad, batch * keyHeads),
		);
		run.copy(keyGrads, 0, dKey);
		run.copy(keyGrads, 4 * key.size, dValue);
		dispatch(
			queryGradProgram(spec, tiles.queryGrad),
			[...operands, dQuery, ...sides],
			headGroups(queries, tiles.queryGrad, batch * heads),
		);
		const grads = [dQuery, dKey, dValue];
		if (bias !== undefined) {
			const dBias = run.result(bias.shape);
			const broadcast = { queries: bias.shape[2] === 1, keys: bias.shape[3] === 1 };
			const { blockRows, blockColumns } = tileSizes(tiles.biasGrad);
			const groups = [
				broadcast.queries ? 1 : Math.ceil(queries / blockRows),
				broadcast.keys ? 1 : Math.ceil(keys / blockColumns),
				bias.shape[0] * bias.shape[1],
			] as const;
			dispatch(biasGradProgram(spec, tiles.biasGrad, broadcast), [...operands, dBias, ...sides], groups);
			grads.push(dBias);
		}
		if (sinks !== undefined) {
			const dSinks = run.result(sinks.shape);
			dispatch(sinkGradProgram(spec), [sums, dSinks], [heads, 1, 1]);
			grads.push(dSinks);
		}
		return grads;
	});
}

type Dispatcher = (
	program: GpuProgram,
	tensors: readonly TensorInfo[],
	groups: readonly [number, number, number],
) => void;

/** Writes the uniform of a problem, once for all its kernels. */
function dispatcher(
	run: DeviceRun,
	inputs: AttentionInputs,
	attributes: AttentionAttributes,
	spec: AttentionSpec,
): Dispatcher {
	const uniform = run.uniform(attentionParameters(inputs, attributes, spec));
	const offsets = listOffsets(inputs.query.shape[0]);
	if (inputs.keyLengths !== undefined) run.copyInto(inputs.keyLengths, uniform, offsets.keyLengths);
	if (inputs.sinks !== undefined) run.copyInto(inputs.sinks, uniform, offsets.sinks);
	return (program, tensors, groups) => run.dispatch(program, tensors, uniform, groups);
}

function present(...tensors: readonly (TensorInfo | undefined)[]): TensorInfo[] {
	return tensors.filter((tensor) => tensor !== undefined);
}

/** Workgroups of blocks of rows, and of heads, which may be more than one dimension takes. */
function headGroups(rows: number, tile: Tile, heads: number): readonly [number, number, number] {
	const [y, z] = fold(heads);
	return [Math.ceil(rows / tileSizes(tile).blockRows), y, z];
}

function fold(count: number): readonly [number, number, number] {
	return [Math.min(count, groupsPerDimension), Math.ceil(count / groupsPerDimension), 1];
}

/** The device refuses buffers over its limits when it is too late to say which tensor it was. */
function checkSizes(
	{ device }: WebGPUBackend,
	tensors: Readonly<Record<string, TensorInfo | readonly number[] | undefined>>,
): void {
	const limit = Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize);
	for (const [name, tensor] of Object.entries(tensors)) {
		if (tensor === undefined) continue;
		const shape = "dataId" in tensor ? tensor.shape : tensor;
		const bytes = 4 * tf.util.sizeFromShape([...shape]);
		if (bytes > limit) {
			throw new HeedError(
				"UNSUPPORTED",
				"scaledDotProductAttention",
				`${name} [${shape.join(", ")}] takes ${bytes} bytes; the device binds at most ${limit} (maxStorageBufferBindingSize, maxBufferSize). Use a smaller batch, or a device with larger limits: createDevice({ features: "auto" }).`,
			);
		}
	}
}
