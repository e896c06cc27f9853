import { HeedError } from "@heed/core";
import type * as tf from "@tensorflow/tfjs-core";
import type { Shape } from "@tensorflow/tfjs-layers";
import { checkFeatures } from "./check-features.ts";

/** The size of the last axis of a layer's only input, at build. */
export function featuresOf(where: string, inputShape: Shape | Shape[]): number {
	const shapes = Array.isArray(inputShape[0]) ? (inputShape as Shape[]) : [inputShape as Shape];
	checkCount(where, shapes.length);
	const shape = shapes[0] ?? [];
	const size = shape.at(-1);
	if (shape.length > 1 && typeof size === "number") return size;
	const came = `x [${shape.map((axis) => axis ?? "?").join(", ")}]`;
	const message =
		shape.length > 1
			? `${came} has no known last axis; expected [batch, …, features].`
			: `${came} has rank ${shape.length}; expected [batch, …, features].`;
	throw new HeedError("SHAPE", where, message);
}

/**
 * The tensor of a call to a layer of one input, refused unless it is float32 `[batch, …, features]` with something in it.
 *
 * @param features What the weights are made for; `null` for any.
 * @throws HeedError `SHAPE`, `DTYPE`.
 */
export function onlyInput(
	where: string,
	inputs: tf.Tensor | tf.Tensor[],
	features: number | null,
): tf.Tensor {
	const given = [inputs].flat();
	checkCount(where, given.length);
	const x = given[0] as tf.Tensor;
	const { rank } = x;
	if (rank < 2) featuresOf(where, x.shape);
	const axes = x.shape.map((_, axis) => {
		if (axis === 0) return "batch";
		if (axis === rank - 1) return "features";
		return rank === 3 ? "length" : `axis${axis}`;
	});
	const expected = x.shape.map((_, axis) => (axis === rank - 1 ? features : null));
	checkFeatures(where, "x", x, axes, expected, "the weights");
	return x;
}

function checkCount(where: string, count: number): void {
	if (count === 1) return;
	throw new HeedError("SHAPE", where, `${count} inputs came; expected x alone.`);
}
