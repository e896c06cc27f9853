import * as tf from "@tensorflow/tfjs-core";
import { expect } from "vitest";

/**
 * Runs `work`, disposes what it returns, and expects that no tensor and no data buffer is left behind. The first run
 * is not counted: a package may build constants that it keeps. With `throws`, `work` must throw, and must leave
 * nothing either.
 */
export function expectNoLeak(work: () => tf.TensorContainer, options: { throws?: boolean } = {}): void {
	const run = (): void => {
		if (options.throws) expect(work).toThrow();
		else tf.dispose(work());
	};
	run();
	const before = tf.memory();
	for (let repeat = 0; repeat < 3; repeat++) run();
	const after = tf.memory();
	expect(after.numTensors - before.numTensors, "tensors left behind").toBe(0);
	expect(after.numDataBuffers - before.numDataBuffers, "data buffers left behind").toBe(0);
}
