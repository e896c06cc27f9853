import type * as tf from "@tensorflow/tfjs-core";
import { checkDtype, checkRank, checkShape, describeShape } from "../checks.ts";
import { HeedError } from "../errors.ts";

/** The axes of queries and keys that are scored. */
const queryAxes = ["batch", "queryLength", "dim"];
const keyAxes = ["batch", "keyLength", "dim"];

/** Refuses queries and keys that do not share their batch, or their features where `sameDim`, or are not float32. */
export function checkQueryAndKey(
	where: string,
	query: tf.Tensor3D,
	key: tf.Tensor3D,
	sameDim: boolean,
): void {
	checkRank(where, "query", query, queryAxes);
	const [batch, , dim] = query.shape;
	const reason = describeShape("query", query.shape, queryAxes);
	checkShape(where, "key", key, keyAxes, [batch, null, sameDim ? dim : null], reason);
	checkDtype(where, "query", query, "float32");
	checkDtype(where, "key", key, "float32");
}

/** Refuses a parameter that is missing, of another shape than the scored tensors ask for, or not float32. */
export function checkParameter(
	where: string,
	name: string,
	parameter: tf.Tensor | undefined,
	axes: readonly string[],
	expected: readonly (number | null)[],
	reason: string,
): void {
	if (parameter === undefined) {
		throw new HeedError("OPTION", where, `\`${name}\` is missing; expected a tensor [${axes.join(", ")}].`);
	}
	checkShape(where, name, parameter, axes, expected, reason);
	checkDtype(where, name, parameter, "float32");
}
