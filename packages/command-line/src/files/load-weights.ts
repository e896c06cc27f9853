import type { SafetensorsTensor } from "@heed/io";
import * as tf from "@tensorflow/tfjs-core";
import { UserError } from "../program/errors.ts";

/** Weights by name. */
export type Variables = ReadonlyMap<string, tf.Variable>;

/**
 * Puts stored weights into a model's variables.
 *
 * @param stored The weights, and the path of their file for messages.
 * @throws UserError when a weight is missing, of another shape or not wanted; then no variable has changed.
 */
export function loadWeights(
	variables: Variables,
	{ weights, path }: { readonly weights: ReadonlyMap<string, SafetensorsTensor>; readonly path: string },
): void {
	const refuse = (what: string): never => {
		throw new UserError(`${path} is a checkpoint of another shape: ${what}.`);
	};
	for (const [name, variable] of variables) {
		const stored = weights.get(name) ?? refuse(`weight ${name} is missing`);
		const [there, here] = [`[${stored.shape.join(", ")}]`, `[${variable.shape.join(", ")}]`];
		if (there !== here) refuse(`weight ${name} is ${there}, the model has ${here}`);
		if (stored.dtype !== "F32") refuse(`weight ${name} is ${stored.dtype}, expected F32`);
	}
	for (const name of weights.keys()) if (!variables.has(name)) refuse(`weight ${name} is unknown`);
	for (const [name, variable] of variables) {
		const { data = [], shape = [] } = weights.get(name) ?? {};
		tf.tidy(() => variable.assign(tf.tensor(data as Float32Array, [...shape])));
	}
}

/** The number of weights, all matrices together. */
export function countWeights({ weights }: { readonly weights: Variables }): number {
	return [...weights.values()].reduce((sum, { size }) => sum + size, 0);
}
