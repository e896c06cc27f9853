import * as tf from "@tensorflow/tfjs-core";

/** A tensor with a letter for each axis. */
export interface Labelled {
	readonly tensor: tf.Tensor;
	readonly labels: string;
}

/**
 * The result with the axes of `output`, summed over all others, from one operand or the product of two. Differentiable
 * on every backend.
 *
 * Two operands become one matrix product per combination of their common kept axes, so that nothing of the size of
 * all axes together is built:
 *
 *     a → [kept by both, only a, contracted]     b → [kept by both, contracted, only b]     a · b → output
 */
export function contract(output: string, first: Labelled, second?: Labelled): tf.Tensor {
	if (second === undefined) return arrange(output, first);
	// Axes that only one operand has and nobody asks for are summed before the product.
	const a = sumOver(
		[...first.labels].filter((label) => !second.labels.includes(label) && !output.includes(label)),
		first,
	);
	const b = sumOver(
		[...second.labels].filter((label) => !first.labels.includes(label) && !output.includes(label)),
		second,
	);
	const common = [...a.labels].filter((label) => b.labels.includes(label));
	const kept = common.filter((label) => output.includes(label)).join("");
	const contracted = common.filter((label) => !output.includes(label)).join("");
	const onlyA = [...a.labels].filter((label) => !common.includes(label)).join("");
	const onlyB = [...b.labels].filter((label) => !common.includes(label)).join("");

	const sizes = new Map([...sizesOf(a), ...sizesOf(b)]);
	const size = (labels: string): number =>
		[...labels].reduce((total, label) => total * (sizes.get(label) ?? 1), 1);
	const left = tf.reshape(arrange(kept + onlyA + contracted, a), [size(kept), size(onlyA), size(contracted)]);
	const right = tf.reshape(arrange(kept + contracted + onlyB, b), [
		size(kept),
		size(contracted),
		size(onlyB),
	]);
	const product =
		contracted !== "" && isFloat(left, right) ? tf.matMul(left, right) : multiplyAndSum(left, right);
	const labels = kept + onlyA + onlyB;
	const shape = [...labels].map((label) => sizes.get(label) ?? 1);
	return arrange(output, { tensor: tf.reshape(product, shape), labels });
}

const isFloat = (...tensors: tf.Tensor[]): boolean => tensors.every((tensor) => tensor.dtype === "float32");

/** `[n, i, k] · [n, k, j]` without a matrix product: exact for int32, and cheapest when there is nothing to sum. */
function multiplyAndSum(left: tf.Tensor, right: tf.Tensor): tf.Tensor {
	return tf.sum(tf.mul(tf.expandDims(left, 3), tf.expandDims(right, 1)), 2); // [n, i, k, 1] · [n, 1, k, j]
}

/** Sums away the axes that `output` does not have and brings the others into its order. */
function arrange(output: string, operand: Labelled): tf.Tensor {
	const { tensor, labels } = sumOver(
		[...operand.labels].filter((label) => !output.includes(label)),
		operand,
	);
	return labels === output
		? tensor
		: tf.transpose(
				tensor,
				[...output].map((label) => labels.indexOf(label)),
			);
}

function sumOver(labels: readonly string[], operand: Labelled): Labelled {
	if (labels.length === 0) return operand;
	const axes = labels.map((label) => operand.labels.indexOf(label));
	return {
		tensor: tf.sum(operand.tensor, axes),
		labels: [...operand.labels].filter((label) => !labels.includes(label)).join(""),
	};
}

function sizesOf({ tensor, labels }: Labelled): [string, number][] {
	return [...labels].map((label, axis) => [label, tensor.shape[axis] ?? 1]);
}
