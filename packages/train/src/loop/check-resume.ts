import { HeedError } from "@heed/core";
import type * as tf from "@tensorflow/tfjs-core";
import type { NamedVariable } from "../optimizer/named-variables.ts";
import { expectedValues } from "../optimizer/optimizer-state.ts";
import { hostDtype, type SavedTensors } from "../optimizer/saved-tensor.ts";
import { checkState } from "./check-state.ts";
import type { StoppingRule } from "./early-stopping.ts";
import type { JsonValue, TrainingState } from "./training-state.ts";

/** What a run is, to be compared with the state that it is to resume from. */
export interface ResumingRun {
	readonly variables: readonly NamedVariable[];
	/** Those of them that are trained. */
	readonly trained: readonly NamedVariable[];
	readonly optimizer: tf.Optimizer;
	readonly seed: number;
	readonly batches: number;
	readonly stopping: StoppingRule | undefined;
	readonly config: JsonValue;
}

/** Refuses a state that does not fit, naming everything that differs at once. */
export function checkResume(where: string, state: TrainingState, run: ResumingRun): void {
	checkState(where, state);
	const differences = [
		...tensorDifferences("weights", state.weights, run.variables),
		...(state.best?.weights ? tensorDifferences("best weights", state.best.weights, run.variables) : []),
		...optimizerDifferences(state, run),
		...valueDifferences("seed", state.seed, run.seed),
		...valueDifferences("batches per epoch", state.batches, run.batches),
		...stoppingDifferences(state, run),
		...valueDifferences("config", state.config, run.config),
	];
	if (differences.length === 0) return;
	throw new HeedError(
		"VALUE",
		where,
		`the checkpoint does not fit this run. ${differences.join("; ")}. ` +
			"Resume with the settings of the checkpoint, or start anew without it.",
	);
}

function tensorDifferences(what: string, saved: SavedTensors, variables: readonly NamedVariable[]): string[] {
	const missing = variables.filter(({ name }) => !saved.has(name)).map(({ name }) => name);
	const known = new Set(variables.map(({ name }) => name));
	const unused = [...saved.keys()].filter((name) => !known.has(name));
	const other = variables.flatMap(({ name, variable }) => {
		const tensor = saved.get(name);
		if (tensor === undefined) return [];
		const there = `${hostDtype(tensor) ?? tensor.dtype} [${tensor.shape.join(", ")}]`;
		const here = `${variable.dtype} [${variable.shape.join(", ")}]`;
		return there === here ? [] : [`${name} is ${there} there and ${here} here`];
	});
	return [
		...(missing.length > 0 ? [`Missing ${what}: ${some(missing)}`] : []),
		...(unused.length > 0 ? [`Unused ${what}: ${some(unused)}`] : []),
		...(other.length > 0 ? [`Other shape of ${what}: ${some(other)}`] : []),
	];
}

function optimizerDifferences({ optimizer }: TrainingState, run: ResumingRun): string[] {
	const kind = run.optimizer.getClassName();
	if (optimizer.kind !== kind) return [`The optimizer is ${optimizer.kind} there and ${kind} here`];
	const shapes = new Map(run.trained.map(({ name, variable }) => [name, variable.shape.join()]));
	const wrong = [...optimizer.tensors].filter(([key, { dtype, shape }]) => {
		const slash = key.indexOf("/");
		const expected = slash < 0 ? "" : shapes.get(key.slice(slash + 1));
		return dtype !== "F32" || shape.join() !== expected;
	});
	const missing = expectedValues(run.optimizer, optimizer, run.trained).filter(
		(key) => !optimizer.tensors.has(key),
	);
	return [
		...(wrong.length > 0
			? [`Optimizer values that fit no variable: ${some(wrong.map(([key]) => key))}`]
			: []),
		...(missing.length > 0 ? [`Missing optimizer values: ${some(missing)}`] : []),
	];
}

/** Early stopping may begin or end at a resume, but values of different rules cannot be compared. */
function stoppingDifferences({ stopping }: TrainingState, run: ResumingRun): string[] {
	if (stopping === undefined || run.stopping === undefined) return [];
	const { since: _, ...rule } = stopping;
	return valueDifferences("earlyStopping", rule, { ...run.stopping });
}

function valueDifferences(path: string, there: JsonValue, here: JsonValue): string[] {
	if (isRecord(there) && isRecord(here)) {
		const keys = new Set([...Object.keys(there), ...Object.keys(here)]);
		return [...keys].flatMap((key) =>
			valueDifferences(`${path}.${key}`, ownValue(there, key), ownValue(here, key)),
		);
	}
	const [a, b] = [JSON.stringify(there), JSON.stringify(here)];
	return a === b ? [] : [`${path} is ${clip(a)} there and ${clip(b)} here`];
}

function isRecord(value: JsonValue): value is { readonly [key: string]: JsonValue } {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An absent entry counts as null. */
function ownValue(record: { readonly [key: string]: JsonValue }, key: string): JsonValue {
	return Object.hasOwn(record, key) ? (record[key] ?? null) : null;
}

function clip(text: string): string {
	return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

function some(names: readonly string[]): string {
	return names.length > 8 ? `${names.slice(0, 8).join(", ")} and ${names.length - 8} more` : names.join(", ");
}
