import { type SafetensorsTensor, writeSafetensors } from "@heed/io";
import type { TrainingState } from "../loop/training-state.ts";
import { digest } from "./digest.ts";

/** The mark of a checkpoint, and the version of its form. */
export const checkpointFormat = "heed-checkpoint-1";

/**
 * Turns the state of a run into one safetensors file: `weights/…`, `best/…` and `optimizer/…` are tensors, everything
 * else is JSON in the metadata `state`, and `digest` is a checksum of it all. Equal states give equal bytes.
 */
export function encodeCheckpoint(state: TrainingState): Uint8Array<ArrayBuffer> {
	const { weights, optimizer, best, ...rest } = state;
	const tensors: [string, SafetensorsTensor][] = [];
	for (const [name, tensor] of weights) tensors.push([`weights/${name}`, tensor]);
	for (const [name, tensor] of best?.weights ?? []) tensors.push([`best/${name}`, tensor]);
	for (const [name, tensor] of optimizer.tensors) tensors.push([`optimizer/${name}`, tensor]);
	const json = {
		...rest,
		best: best && { epoch: best.epoch, value: best.value, weights: best.weights !== undefined },
		optimizer: { kind: optimizer.kind, iterations: optimizer.iterations },
	};
	const text = JSON.stringify(json, nonFiniteAsText);
	return writeSafetensors(tensors, [
		["format", checkpointFormat],
		["state", text],
		["digest", digest(text, tensors)],
	]);
}

/** JSON has no NaN and no infinities; a metric may be one. */
function nonFiniteAsText(_: string, value: unknown): unknown {
	return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}
