import { checkDtype, checkRank, HeedError } from "@heed/core";
import type * as tf from "@tensorflow/tfjs-core";

/** Refuses a call that came without its batch. */
export function checkGiven(where: string, batch: unknown): void {
	if (isObject(batch)) return;
	throw new HeedError("OPTION", where, `the batch is ${String(batch)}; expected an object of tensors.`);
}

/**
 * Refuses an object that is not there, or lacks a part.
 *
 * @param what What it is: "the state".
 * @param expected What gives one: "what `start` gives".
 * @param isPart What a part has to be. Default: an object.
 */
export function checkParts(
	where: string,
	what: string,
	value: unknown,
	parts: readonly string[],
	expected: string,
	isPart: (part: unknown) => boolean = isObject,
): void {
	const missing = parts.find(
		(name) => !isPart((value as Record<string, unknown> | null | undefined)?.[name]),
	);
	if (missing === undefined) return;
	const came = isObject(value) ? `has no \`${missing}\`` : `is ${String(value)}`;
	throw new HeedError("OPTION", where, `${what} ${came}; expected ${expected}.`);
}

/** Refuses what is no state of a model that decodes step by step. */
export function checkDecoderState(where: string, state: unknown, parts: readonly string[]): void {
	checkParts(where, "the state", state, parts, "what `start` gives, or `state` of the last step");
}

/** Refuses what is no state to reorder, and indices that are none. */
export function checkReorder(
	where: string,
	state: unknown,
	parts: readonly string[],
	indices: tf.Tensor1D,
): void {
	checkDecoderState(where, state, parts);
	checkRank(where, "indices", indices, ["rows"]);
	checkDtype(where, "indices", indices, "int32");
}

/** Refuses what is no list: nothing, or a text. */
export function checkList(where: string, name: string, value: unknown): void {
	if (isObject(value) && (Symbol.iterator in value || "length" in value)) return;
	throw new HeedError("OPTION", where, `\`${name}\` is ${String(value)}; expected a list.`);
}

/** Refuses what is no text. */
export function checkText(where: string, name: string, value: unknown): void {
	if (typeof value === "string") return;
	throw new HeedError("OPTION", where, `\`${name}\` is ${String(value)}; expected a text.`);
}

function isObject(value: unknown): value is object {
	return typeof value === "object" && value !== null;
}
