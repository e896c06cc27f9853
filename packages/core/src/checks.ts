import type { DataType, Tensor } from "@tensorflow/tfjs-core";
import { HeedError } from "./errors.ts";

/**
 * Words a tensor for an error message: `key [batch 2, heads 3, keyLength 5, headDim 8]`. Axes that have no name (the
 * rank is wrong) are printed as bare sizes.
 */
export function describeShape(name: string, shape: readonly number[], axes: readonly string[] = []): string {
	const named = shape.length === axes.length;
	return `${name} [${shape.map((size, axis) => (named ? `${axes[axis]} ${size}` : `${size}`)).join(", ")}]`;
}

/** Refuses what is no tensor at all: null, or what plain JavaScript has let through. */
function checkTensor(where: string, name: string, tensor: Tensor | null | undefined): void {
	if (Array.isArray(tensor?.shape)) return;
	throw new HeedError("OPTION", where, `\`${name}\` is ${String(tensor)}; expected a tensor.`);
}

/** Refuses a tensor whose rank is not that of the named axes. */
export function checkRank(where: string, name: string, tensor: Tensor, axes: readonly string[]): void {
	checkTensor(where, name, tensor);
	if (tensor.shape.length === axes.length) return;
	throw new HeedError(
		"SHAPE",
		where,
		`${describeShape(name, tensor.shape)} has rank ${tensor.shape.length}; expected rank ${axes.length}: [${axes.join(", ")}].`,
	);
}

/**
 * Refuses a tensor whose shape is not the expected one. `null` in `expected` accepts any size on that axis.
 *
 * @param reason Where the expectation comes from, for instance `query [batch 2, queryLength 7, headDim 8]`.
 */
export function checkShape(
	where: string,
	name: string,
	tensor: Tensor,
	axes: readonly string[],
	expected: readonly (number | null)[],
	reason: string,
): void {
	checkRank(where, name, tensor, axes);
	const wrong = axes.filter((_, axis) => expected[axis] !== null && expected[axis] !== tensor.shape[axis]);
	if (wrong.length === 0) return;
	const wanted = wrong.map((axis) => `${axis} ${expected[axes.indexOf(axis)]}`).join(", ");
	throw new HeedError(
		"SHAPE",
		where,
		`${describeShape(name, tensor.shape, axes)} does not match ${reason}: expected ${wanted}.`,
	);
}

/** Refuses a tensor in which there is nothing: one with an axis of length 0. */
export function checkNotEmpty(where: string, name: string, tensor: Tensor, axes: readonly string[]): void {
	checkTensor(where, name, tensor);
	if (tensor.size > 0) return;
	const empty = axes.filter((_, axis) => tensor.shape[axis] === 0);
	const wanted = empty.map((axis) => `${axis} 1`).join(", ");
	const message = `${describeShape(name, tensor.shape, axes)} is empty; expected at least ${wanted}.`;
	throw new HeedError("SHAPE", where, message);
}

/** Refuses a tensor of another element type. */
export function checkDtype(where: string, name: string, tensor: Tensor, ...expected: DataType[]): void {
	checkTensor(where, name, tensor);
	if (expected.includes(tensor.dtype)) return;
	const hint = expected.length === 1 ? ` Convert it with tf.cast(${name}, '${expected[0]}').` : "";
	throw new HeedError(
		"DTYPE",
		where,
		`${name} is ${tensor.dtype}; expected ${expected.join(" or ")}.${hint}`,
	);
}

/** Refuses options that nobody reads, so that a typing mistake does not pass as a default, and what holds no options. */
export function checkOptions(where: string, options: object, known: readonly string[]): void {
	const list = (names: readonly string[]): string => names.map((name) => `\`${name}\``).join(", ");
	if (typeof options !== "object" || options === null || Array.isArray(options)) {
		const came = Array.isArray(options) ? `a list, [${options}]` : String(options);
		const message = `the options are ${came}; expected an object with some of ${list(known)}.`;
		throw new HeedError("OPTION", where, message);
	}
	const unknown = Object.keys(options).filter((name) => !known.includes(name));
	if (unknown.length === 0) return;
	throw new HeedError("OPTION", where, `unknown option ${list(unknown)}. Known options: ${list(known)}.`);
}

/** Refuses a value that is not one of a few words. */
export function checkChoice(where: string, name: string, value: unknown, choices: readonly string[]): void {
	if (choices.includes(value as string)) return;
	throw new HeedError(
		"OPTION",
		where,
		`\`${name}\` is ${JSON.stringify(value) ?? String(value)}; expected ${choices.map((choice) => `'${choice}'`).join(", ")}.`,
	);
}

/** Refuses what is neither true nor false, for instance the word "false" of a config file. */
export function checkFlag(where: string, name: string, value: unknown): void {
	if (typeof value === "boolean") return;
	throw new HeedError("OPTION", where, `\`${name}\` is ${JSON.stringify(value)}; expected true or false.`);
}

/** What {@link checkNumber} accepts. */
export interface NumberRange {
	/** Smallest accepted value. */
	readonly min?: number | undefined;
	/** Largest accepted value. */
	readonly max?: number | undefined;
	/** The value must be greater than this. */
	readonly above?: number | undefined;
	/** The value must be less than this. */
	readonly below?: number | undefined;
	/** Whole numbers only. */
	readonly integer?: boolean | undefined;
}

/** Refuses a number that is not finite or out of its range. */
export function checkNumber(where: string, name: string, value: unknown, range: NumberRange = {}): void {
	const { min, max, above, below, integer = false } = range;
	const fits =
		typeof value === "number" &&
		Number.isFinite(value) &&
		(!integer || Number.isInteger(value)) &&
		(min === undefined || value >= min) &&
		(max === undefined || value <= max) &&
		(above === undefined || value > above) &&
		(below === undefined || value < below);
	if (fits) return;
	const bounds = [
		min !== undefined && `at least ${min}`,
		max !== undefined && `at most ${max}`,
		above !== undefined && `greater than ${above}`,
		below !== undefined && `less than ${below}`,
	].filter((bound) => bound !== false);
	const kind = integer ? "a whole number" : "a finite number";
	throw new HeedError(
		"OPTION",
		where,
		`\`${name}\` is ${String(value)}; expected ${[kind, bounds.join(" and ")].filter(Boolean).join(" ")}.`,
	);
}

/**
 * Turns an axis that may be negative into its index, because `cumsum` and others of the host misread negative ones.
 *
 * @returns The axis in `0 .. rank - 1`.
 */
export function resolveAxis(where: string, axis: number, rank: number): number {
	checkNumber(where, "axis", axis, { integer: true, min: -rank, max: rank - 1 });
	return axis < 0 ? axis + rank : axis;
}
