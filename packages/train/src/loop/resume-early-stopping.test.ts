import { useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import {
	decodeCheckpoint,
	encodeCheckpoint,
	exampleBatches,
	type LoopOptions,
	type TrainingState,
	train,
} from "../index.ts";

describe("early stopping and a resume", () => {
	useBackend("cpu");

	/** One weight that grows by 1 per epoch: `loss` falls, `score` rises up to 4, `never` is NaN. */
	async function go(options: Partial<LoopOptions>) {
		const w = tf.variable(tf.scalar(0));
		let state: TrainingState | undefined;
		const result = await train({
			variables: { w },
			data: exampleBatches({ examples: 1, batchSize: 1, makeBatch: () => 0 }),
			loss: () => tf.neg(w) as tf.Scalar,
			evaluate: () => ({ score: Math.min(4, w.dataSync()[0] ?? 0), never: Number.NaN }),
			optimizer: tf.train.sgd(1),
			epochs: 12,
			...options,
			observers: [
				{
					onStop: async ({ run }) => {
						state = decodeCheckpoint(encodeCheckpoint(await run.state()));
					},
				},
			],
		});
		return { result, state: state as TrainingState };
	}
	const score = { monitor: "score", mode: "max", patience: 3 } as const;

	it("counts patience from the resume when it is new", async () => {
		const { state } = await go({ epochs: 5 });
		const { result } = await go({ resume: state, earlyStopping: score });
		expect(result).toMatchObject({ reason: "early-stopping", epoch: 9, best: { epoch: 6, value: 4 } });
		const never = await go({ resume: state, earlyStopping: { monitor: "never", patience: 3 } });
		expect(never.result).toMatchObject({ reason: "early-stopping", epoch: 8 });
		expect(never.result.best).toBeUndefined(); // NaN is never the best
	});

	it("counts it through, when it is not, also without a best epoch", async () => {
		const never = { monitor: "never", patience: 5 };
		const { state } = await go({ epochs: 3, earlyStopping: never });
		const { result } = await go({ resume: state, earlyStopping: never });
		expect(result).toMatchObject({ reason: "early-stopping", epoch: 5 });
	});

	it("refuses another metric, direction or step, whose values cannot be compared", async () => {
		const { state } = await go({ epochs: 2, earlyStopping: score });
		const attempt = go({ resume: state, earlyStopping: { monitor: "loss", patience: 3, minDelta: 0.5 } });
		await expect(attempt).rejects.toThrow(
			'earlyStopping.monitor is "score" there and "loss" here; earlyStopping.mode is "max" there and "min" here; ' +
				"earlyStopping.minDelta is 0 there and 0.5 here",
		);
		const longer = await go({ resume: state, earlyStopping: { ...score, patience: 4 } });
		expect(longer.result).toMatchObject({ epoch: 8, best: { epoch: 4 } });
	});

	it("forgets the best epoch when it ends", async () => {
		const { state } = await go({ epochs: 2, earlyStopping: score });
		const without = await go({ resume: state, epochs: 9 });
		expect(without.result.best).toBeUndefined();
		const again = await go({
			resume: without.state,
			earlyStopping: { ...score, monitor: "loss", mode: "min" },
		});
		expect(again.result).toMatchObject({ reason: "completed", epoch: 12, best: { epoch: 12 } });
	});
});
