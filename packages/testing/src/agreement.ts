import * as tf from "@tensorflow/tfjs-core";
import { expect } from "vitest";
import { type CloseOptions, expectClose } from "./close.ts";
import { expectNoLeak } from "./leak.ts";

/**
 * Expects `compute` to give the same shapes, types and numbers on `backend` as on cpu, and to leave nothing behind.
 * It must make its inputs itself, since tensors belong to a backend. Leaves `backend` in use.
 */
export async function expectSameAsCpu(
	backend: string,
	compute: () => tf.Tensor | tf.Tensor[],
	options: CloseOptions = {},
): Promise<void> {
	const run = (): { shape: number[]; dtype: string; values: ArrayLike<number> }[] =>
		tf.tidy(() =>
			[compute()].flat().map((tensor) => ({
				shape: tensor.shape,
				dtype: tensor.dtype,
				values: tensor.dataSync().slice(),
			})),
		);
	await tf.setBackend("cpu");
	const expected = run();
	await tf.setBackend(backend);
	const actual = run();
	expect(actual.length).toBe(expected.length);
	expected.forEach(({ shape, dtype, values }, i) => {
		const label = `${options.label ?? "output"} ${i}`;
		expect(actual[i]?.shape, `${label}: shape`).toEqual(shape);
		expect(actual[i]?.dtype, `${label}: dtype`).toBe(dtype);
		expectClose(actual[i]?.values ?? [], values, { ...options, label });
	});
	expectNoLeak(() => tf.tidy(compute));
}
