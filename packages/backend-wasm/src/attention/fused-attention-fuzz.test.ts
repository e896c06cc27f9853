import { type KernelPathEvent, onKernelPath } from "@heed/core";
import {
	type AttentionProblem,
	attentionProblems,
	decodeProblems,
	expectClose,
	useBackend,
	wideProblems,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { computeBoth, registerAttention } from "../../test/attention-kernels.ts";
import { withGuardedMemory } from "../../test/guarded-memory.ts";
import "../index.ts";

const allRuns = Number(process.env.HEED_FUZZ_RUNS ?? 2000);
const names = ["output", "logSumExp", "dQuery", "dKey", "dValue", "dBias or dSinks", "dSinks"];

describe("fused attention on random problems", () => {
	useBackend("wasm");
	beforeAll(registerAttention);

	test.each([
		["of any shape", attentionProblems, allRuns],
		["of few queries over many keys", decodeProblems, Math.ceil(allRuns / 20)],
		["of wide vectors", wideProblems, Math.ceil(allRuns / 10)],
	])(
		"%s: equals the composition, forward and backward, and writes nothing out of bounds",
		(_, problems, runs) => {
			const paths = new Map<KernelPathEvent["path"], number>();
			const stop = onKernelPath(({ path }) => void paths.set(path, (paths.get(path) ?? 0) + 1));
			const check = (problem: AttentionProblem): void => {
				const { fused, blocked } = computeBoth(problem);
				fused.forEach((tensor, i) => {
					const expected = blocked[i] as tf.Tensor;
					// Products of large numbers cancel in the gradients: what is left is as exact as they were.
					const size = Math.max(1, largest(expected), (8 * problem.size ** 2) / (1 - problem.rate));
					// The gradients of a broadcast bias and of sinks are sums of many terms.
					const terms = i < 5 ? 1 : Math.sqrt(scoreCount(problem) / expected.size);
					expectClose(tensor, expected, {
						atol: 3e-6 * size * Math.max(1, 0.2 * terms),
						rtol: 2e-5,
						label: names[i] ?? "",
					});
				});
			};
			fc.assert(
				fc.property(problems, (problem) => withGuardedMemory(() => tf.tidy(() => check(problem)))),
				{ seed: 1, numRuns: runs },
			);
			stop();
			expect(Object.fromEntries(paths)).toEqual({ fused: 2 * runs, blocked: 2 * runs });
		},
		600_000,
	);
});

function scoreCount({ batch, keyHeads, group, queryLength, keyLength }: AttentionProblem): number {
	return batch * keyHeads * group * queryLength * keyLength;
}

/** The largest finite number. */
function largest(tensor: tf.Tensor): number {
	let most = 0;
	for (const x of tensor.dataSync()) if (Number.isFinite(x)) most = Math.max(most, Math.abs(x));
	return most;
}
