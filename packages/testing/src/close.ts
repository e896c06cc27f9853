import * as tf from "@tensorflow/tfjs-core";
import { expect } from "vitest";

/** How close is close: `|actual - expected| <= atol + rtol * |expected|`. */
export interface CloseOptions {
	/** Absolute tolerance. Default 1e-5. */
	readonly atol?: number;
	/** Relative tolerance. Defaults to `atol`. */
	readonly rtol?: number;
	/** Put before the message. */
	readonly label?: string;
}

type Values = tf.Tensor | ArrayLike<number>;

const isTensor = (values: Values): values is tf.Tensor => values instanceof tf.Tensor;
const numbersOf = (values: Values): ArrayLike<number> => (isTensor(values) ? values.dataSync() : values);

/**
 * Expects two tensors, or a tensor and plain numbers, to be close. Shapes must be equal where both have one.
 * Infinities and NaN match only themselves.
 */
export function expectClose(actual: Values, expected: Values, options: CloseOptions = {}): void {
	const { atol = 1e-5, rtol = atol, label } = options;
	const prefix = label === undefined ? "" : `${label}: `;
	if (isTensor(actual) && isTensor(expected)) expect(actual.shape, `${prefix}shape`).toEqual(expected.shape);
	const a = numbersOf(actual);
	const e = numbersOf(expected);
	expect(a.length, `${prefix}number of values`).toBe(e.length);
	let worst = -1;
	let worstExcess = 0;
	let count = 0;
	for (let i = 0; i < a.length; i++) {
		const x = Number(a[i]);
		const y = Number(e[i]);
		if (Object.is(x, y) || x === y || (Number.isNaN(x) && Number.isNaN(y))) continue;
		const excess = Math.abs(x - y) - (atol + rtol * Math.abs(y));
		if (excess <= 0) continue; // false for NaN, which then counts as a difference
		count++;
		if (worst < 0 || excess > worstExcess) {
			worst = i;
			worstExcess = excess;
		}
	}
	if (count > 0) {
		expect.fail(
			`${prefix}${count} of ${a.length} values differ; the worst is at index ${worst}: ` +
				`got ${a[worst]}, expected ${e[worst]} (atol ${atol}, rtol ${rtol})`,
		);
	}
	expect(count).toBe(0);
}

/** One comparison of {@link expectAllClose}: what came, what was expected, how close. */
export type Comparison = readonly [actual: Values, expected: Values, options?: CloseOptions];

/**
 * Computes and compares on backends that cannot be read at once, too (WebGPU). Tensors that are made on the way are freed.
 *
 * @param compute Makes the tensors and returns the comparisons; it must not wait.
 */
export async function expectAllClose(compute: () => readonly Comparison[]): Promise<void> {
	await inScope(async () => {
		const comparisons = compute();
		await readAll(comparisons.flatMap(([actual, expected]) => [actual, expected].filter(isTensor)));
		for (const [actual, expected, options] of comparisons) expectClose(actual, expected, options);
	});
}

/** Frees the tensors that are made in `work`, which may wait between. */
export async function inScope(work: () => Promise<void>): Promise<void> {
	tf.engine().startScope();
	try {
		await work();
	} finally {
		tf.engine().endScope();
	}
}

/** Reads tensors. The backend keeps what was read: from then on `dataSync` answers on WebGPU, too. */
export async function readAll(tensors: readonly tf.Tensor[]): Promise<void> {
	for (const tensor of tensors) await tensor.data();
}
