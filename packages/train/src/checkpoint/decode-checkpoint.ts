import { HeedError } from "@heed/core";
import { readSafetensors, type Safetensors, type SafetensorsTensor } from "@heed/io";
import type { JsonValue, TrainingState } from "../loop/training-state.ts";
import { digest } from "./digest.ts";
import { checkpointFormat } from "./encode-checkpoint.ts";

/**
 * Reads what `encodeCheckpoint` wrote. The result is checked in form and by the checksum, but whether it fits a run is for
 * `train` to see.
 *
 * @throws SafetensorsError when the bytes are no safetensors file, HeedError when they are one of something else.
 */
export function decodeCheckpoint(bytes: Uint8Array): TrainingState {
	return stateOf(readSafetensors(bytes));
}

/** The state in a safetensors file that was read. */
export function stateOf({ tensors, metadata }: Safetensors): TrainingState {
	const format = metadata.get("format");
	if (format !== checkpointFormat) {
		throw notOurs(`its format is ${JSON.stringify(format ?? "not stated")}, expected "${checkpointFormat}"`);
	}
	const text = metadata.get("state") ?? "";
	const stated = metadata.get("digest");
	// A program that writes the format by other means may leave it out.
	if (stated !== undefined && stated !== digest(text, tensors)) {
		throw new HeedError(
			"VALUE",
			"decodeCheckpoint",
			`the file is damaged: the checksum of its contents is ${digest(text, tensors)}, and it says ` +
				`${JSON.stringify(stated)}. Take an earlier copy of it.`,
		);
	}
	const json = record("state", parse(text));
	const optimizer = record("optimizer", json.optimizer);
	if (typeof optimizer.kind !== "string") throw notOurs("`optimizer.kind` is not text");
	const parts = groups(tensors);
	const best = json.best === undefined ? undefined : record("best", json.best);
	return {
		epoch: count("epoch", json.epoch),
		index: count("index", json.index),
		step: count("step", json.step),
		seed: number("seed", json.seed),
		batches: count("batches", json.batches),
		running: Object.fromEntries(
			Object.entries(record("running", json.running)).map(([name, sums]) => {
				const [sum, weight] = list(`running.${name}`, sums);
				return [name, [number(name, sum), number(name, weight)] as const];
			}),
		),
		history: list("history", json.history).map((entry) => {
			const { epoch, step, metrics } = record("history", entry);
			return {
				epoch: count("epoch", epoch),
				step: count("step", step),
				metrics: numbers("metrics", metrics),
			};
		}),
		...(best && {
			best: {
				epoch: count("best.epoch", best.epoch),
				value: number("best.value", best.value),
				...(best.weights === true && { weights: parts.best }),
			},
		}),
		...(json.stopping !== undefined && { stopping: stoppingOf(record("stopping", json.stopping)) }),
		weights: parts.weights,
		optimizer: {
			kind: optimizer.kind,
			iterations: count("optimizer.iterations", optimizer.iterations),
			tensors: parts.optimizer,
		},
		config: json.config ?? null,
	};
}

function stoppingOf({
	monitor,
	mode,
	minDelta,
	since,
}: ReturnType<typeof record>): NonNullable<TrainingState["stopping"]> {
	if (typeof monitor !== "string") throw notOurs("`stopping.monitor` is not text");
	if (mode !== "min" && mode !== "max") throw notOurs("`stopping.mode` is neither 'min' nor 'max'");
	return {
		monitor,
		mode,
		minDelta: number("stopping.minDelta", minDelta),
		since: count("stopping.since", since),
	};
}

function groups(
	tensors: Safetensors["tensors"],
): Record<"weights" | "best" | "optimizer", Map<string, SafetensorsTensor>> {
	const parts = { weights: new Map(), best: new Map(), optimizer: new Map() };
	for (const [name, tensor] of tensors) {
		const slash = name.indexOf("/");
		const part = name.slice(0, Math.max(slash, 0));
		if (part !== "weights" && part !== "best" && part !== "optimizer") {
			throw notOurs(`it holds a tensor ${JSON.stringify(name.slice(0, 64))}`);
		}
		parts[part].set(name.slice(slash + 1), tensor);
	}
	return parts;
}

function notOurs(problem: string): HeedError {
	return new HeedError(
		"VALUE",
		"decodeCheckpoint",
		`this is no checkpoint that can be resumed: ${problem}. Was it written by another version or program?`,
	);
}

function parse(text: string): JsonValue {
	try {
		return JSON.parse(text) as JsonValue;
	} catch {
		throw notOurs("its state is not JSON");
	}
}

function record(
	name: string,
	value: JsonValue | undefined,
): { readonly [key: string]: JsonValue | undefined } {
	if (typeof value === "object" && value !== null && !Array.isArray(value)) {
		return value as { readonly [key: string]: JsonValue };
	}
	throw notOurs(`\`${name}\` is not an object`);
}

function list(name: string, value: JsonValue | undefined): readonly JsonValue[] {
	if (Array.isArray(value)) return value as readonly JsonValue[];
	throw notOurs(`\`${name}\` is not a list`);
}

function number(name: string, value: JsonValue | undefined): number {
	if (typeof value === "number") return value;
	if (value === "NaN" || value === "Infinity" || value === "-Infinity") return Number(value);
	throw notOurs(`\`${name}\` is not a number`);
}

function count(name: string, value: JsonValue | undefined): number {
	if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
	throw notOurs(`\`${name}\` is not a whole number`);
}

function numbers(name: string, value: JsonValue | undefined): Record<string, number> {
	return Object.fromEntries(
		Object.entries(record(name, value)).map(([key, entry]) => [key, number(key, entry)]),
	);
}
