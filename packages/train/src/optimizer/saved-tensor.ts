import { HeedError } from "@heed/core";
import type { SafetensorsTensor } from "@heed/io";
import * as tf from "@tensorflow/tfjs-core";

/** Tensors out of the host's memory, by name. */
export type SavedTensors = ReadonlyMap<string, SafetensorsTensor>;

/** A copy of a tensor's numbers that nothing else holds. */
export async function saveTensor(tensor: tf.Tensor): Promise<SafetensorsTensor> {
	const data = await tensor.data();
	const shape = [...tensor.shape];
	// The copies matter: on the cpu backend the host hands out the numbers themselves.
	switch (tensor.dtype) {
		case "float32":
			return { dtype: "F32", shape, data: Float32Array.from(data) };
		case "int32":
			return { dtype: "I32", shape, data: Int32Array.from(data) };
		case "bool":
			return { dtype: "BOOL", shape, data: Uint8Array.from(data) };
		default:
			throw new HeedError("DTYPE", "train", `a ${tensor.dtype} variable cannot be saved; expected numbers.`);
	}
}

/** The host's name of the element type of a saved tensor, or `undefined` when it has none. */
export function hostDtype({ dtype }: SafetensorsTensor): "float32" | "int32" | "bool" | undefined {
	return dtype === "F32" ? "float32" : dtype === "I32" ? "int32" : dtype === "BOOL" ? "bool" : undefined;
}

/** A new tensor with the numbers of a saved one. */
export function loadTensor(saved: SafetensorsTensor): tf.Tensor {
	const dtype = hostDtype(saved);
	if (dtype === undefined || saved.data instanceof BigInt64Array || saved.data instanceof BigUint64Array) {
		throw new HeedError(
			"DTYPE",
			"train",
			`a saved ${saved.dtype} tensor has no counterpart in TensorFlow.js.`,
		);
	}
	return tf.tensor(saved.data.slice() as Float32Array | Int32Array | Uint8Array, [...saved.shape], dtype);
}

/** Gives a variable the numbers of a saved tensor of the same shape and type. */
export function assignSaved(variable: tf.Variable, saved: SafetensorsTensor): void {
	const tensor = loadTensor(saved);
	variable.assign(tensor);
	tensor.dispose();
}
