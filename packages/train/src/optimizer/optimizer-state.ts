import type { SafetensorsTensor } from "@heed/io";
import * as tf from "@tensorflow/tfjs-core";
import type { NamedVariable } from "./named-variables.ts";
import { loadTensor, saveTensor } from "./saved-tensor.ts";

/** Everything that the next updates of an optimizer depend on, except its options. */
export interface OptimizerState {
	/** The class name; a state fits only an optimizer of the same one. */
	readonly kind: string;
	/** How many updates were made. */
	readonly iterations: number;
	/** Running values: `slot/variable` for those of a variable, `slot` for single ones. */
	readonly tensors: Map<string, SafetensorsTensor>;
}

/** An optimizer that saves and restores its own state. Others are read by their fields. */
export interface StatefulOptimizer {
	/** The fields that a state has for every variable, once there was an update. Default: not known. */
	readonly slots?: readonly string[];
	captureState(variables: readonly NamedVariable[]): Promise<OptimizerState>;
	restoreState(state: OptimizerState, variables: readonly NamedVariable[]): void;
}

/** What the host's optimizers keep per variable. */
interface HostSlot {
	originalName: string;
	variable: tf.Variable;
}

function isStateful(optimizer: tf.Optimizer): optimizer is tf.Optimizer & StatefulOptimizer {
	return "captureState" in optimizer && "restoreState" in optimizer;
}

/** The fields of a host optimizer that hold one value per variable, in the order of the gradients. */
function slotsOf(optimizer: tf.Optimizer): [string, HostSlot[]][] {
	return Object.entries(optimizer).filter(
		(entry): entry is [string, HostSlot[]] =>
			Array.isArray(entry[1]) && entry[1].every((slot) => slot?.variable instanceof tf.Variable),
	);
}

/** The fields of a host optimizer that hold one value for all, such as the powers of Adam's betas. */
function scalarsOf(optimizer: tf.Optimizer): [string, tf.Variable][] {
	return Object.entries(optimizer).filter(
		(entry): entry is [string, tf.Variable] => entry[1] instanceof tf.Variable,
	);
}

/**
 * Copies the state of an optimizer.
 *
 * The fields of the host's optimizers are read instead of `getWeights()`, whose counterpart does not restore them
 * exactly: Adam's `setWeights()` computes the powers of β by `pow`, which differs from the running product in the last
 * bits, and Adamax has none. This holds for the optimizers of tfjs 4.22 as the tests show, all of which keep their
 * values in the order in which gradients are handed to them.
 */
export async function captureOptimizer(
	optimizer: tf.Optimizer,
	variables: readonly NamedVariable[],
): Promise<OptimizerState> {
	if (isStateful(optimizer)) return optimizer.captureState(variables);
	const tensors: OptimizerState["tensors"] = new Map();
	for (const [field, value] of scalarsOf(optimizer)) tensors.set(field, await saveTensor(value));
	for (const [field, slots] of slotsOf(optimizer)) {
		for (const [index, { name }] of variables.entries()) {
			const slot = slots[index];
			if (slot !== undefined) tensors.set(`${field}/${name}`, await saveTensor(slot.variable));
		}
	}
	return { kind: optimizer.getClassName(), iterations: optimizer.iterations ?? 0, tensors };
}

/** What the host's optimizers have kept for every variable once there was an update. */
const hostSlots: Readonly<Record<string, readonly string[]>> = {
	Adam: ["accumulatedFirstMoment", "accumulatedSecondMoment"],
	Adamax: ["accumulatedFirstMoment", "accumulatedWeightedInfNorm"],
	Momentum: ["accumulations"],
	RMSProp: ["accumulatedMeanSquares", "accumulatedMoments"],
	Adagrad: ["accumulatedGrads"],
	Adadelta: ["accumulatedGrads", "accumulatedUpdates"],
};

/**
 * The names of the values that a state of an optimizer must have: the single ones, and one per variable of each field
 * that is known to be kept or was kept for any of them.
 */
export function expectedValues(
	optimizer: tf.Optimizer,
	state: OptimizerState,
	variables: readonly NamedVariable[],
): string[] {
	const seen = [...state.tensors.keys()].flatMap((key) =>
		key.includes("/") ? [key.slice(0, key.indexOf("/"))] : [],
	);
	const stateful = isStateful(optimizer);
	const known = stateful ? (optimizer.slots ?? []) : (hostSlots[state.kind] ?? []);
	const fields = new Set(state.iterations > 0 ? [...seen, ...known] : seen);
	return [
		...(stateful ? [] : scalarsOf(optimizer).map(([field]) => field)),
		...[...fields].flatMap((field) => variables.map(({ name }) => `${field}/${name}`)),
	];
}

/** Gives an optimizer a state that was checked to fit it. */
export function restoreOptimizer(
	optimizer: tf.Optimizer,
	state: OptimizerState,
	variables: readonly NamedVariable[],
): void {
	if (isStateful(optimizer)) {
		optimizer.restoreState(state, variables);
		return;
	}
	for (const [field, value] of scalarsOf(optimizer)) {
		const saved = state.tensors.get(field);
		if (saved === undefined) continue;
		const tensor = loadTensor(saved);
		value.assign(tensor);
		tensor.dispose();
	}
	for (const [field, slots] of slotsOf(optimizer)) {
		tf.dispose(slots.map(({ variable }) => variable));
		slots.length = 0;
		for (const { name, variable } of variables) {
			const saved = state.tensors.get(`${field}/${name}`);
			if (saved === undefined) continue;
			const tensor = loadTensor(saved);
			slots.push({ originalName: `${variable.name}/${field}`, variable: tf.variable(tensor, false) });
			tensor.dispose();
		}
	}
	// The host has no public way to set the count.
	(optimizer as unknown as { iterations_: number }).iterations_ = state.iterations;
}
