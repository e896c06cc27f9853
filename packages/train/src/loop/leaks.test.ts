import { describeOnEveryBackend, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";
import { describe, expect, it } from "vitest";
import { regression, regressionBatches } from "../../test/regression.ts";
import {
	Adam,
	clipByGlobalNorm,
	decodeCheckpoint,
	encodeCheckpoint,
	fit,
	type TrainingObserver,
	type TrainingState,
	train,
} from "../index.ts";

/** As `expectNoLeak`, for work that takes time: three runs after the first leave as many tensors as there were. */
async function expectNoLeakOf(work: () => Promise<unknown>): Promise<void> {
	await work();
	const before = tf.memory();
	for (let repeat = 0; repeat < 3; repeat++) await work();
	const after = tf.memory();
	expect(after.numTensors - before.numTensors, "tensors left behind").toBe(0);
	expect(after.numDataBuffers - before.numDataBuffers, "data buffers left behind").toBe(0);
}

describeOnEveryBackend("no tensor is left behind", () => {
	const boom: TrainingObserver = {
		onStep: ({ step }) => {
			if (step === 3) throw new Error("boom");
		},
	};
	const failures: [string, (task: ReturnType<typeof regression>) => object, RegExp][] = [
		["the loss throws", () => ({ loss: () => tf.matMul(tf.ones([2, 3]), tf.ones([2, 3])) }), /matMul/],
		["the loss is no scalar", () => ({ loss: () => tf.zeros([2]) }), /expected a scalar/],
		[
			"nothing depends on the variables",
			() => ({ loss: () => ({ loss: tf.scalar(1), metrics: { a: tf.scalar(2) } }) }),
			/gradient|connection/i,
		],
		[
			"a metric has a reserved name",
			() => ({ loss: () => ({ loss: tf.scalar(1), metrics: { step: tf.scalar(2) } }) }),
			/'step'/,
		],
		["an observer throws", () => ({ observers: [boom] }), /boom/],
		["a schedule is wrong", () => ({ learningRate: () => -1 }), /learningRate/],
		["the monitor is unknown", () => ({ earlyStopping: { patience: 1, monitor: "x" } }), /'x'/],
		[
			"the gradient is not finite",
			({ variables }) => ({
				loss: () => tf.sum(tf.sqrt(tf.sub(variables.output as tf.Variable, variables.output as tf.Variable))),
			}),
			/not finite|norm of/,
		],
		[
			"the evaluation throws",
			() => ({
				evaluate: () => {
					throw new Error("boom");
				},
			}),
			/boom/,
		],
	];

	it.each(["host", "device"] as const)(
		"by train, checkpoints and a resume, with Adam on the %s",
		async (implementation) => {
			const run = async (epochs: number, resume?: TrainingState) => {
				const task = regression();
				const optimizer = new Adam({ implementation });
				let bytes = new Uint8Array(0);
				const keep: TrainingObserver = {
					onStop: async ({ run }) => {
						bytes = encodeCheckpoint(await run.state());
					},
				};
				const validation = regressionBatches(false);
				const earlyStopping = { patience: 3 };
				await train({
					...task,
					optimizer,
					epochs,
					clipNorm: 0.1,
					validation,
					earlyStopping,
					observers: [keep],
					resume,
				});
				tf.dispose(task.variables);
				optimizer.dispose();
				return decodeCheckpoint(bytes);
			};
			await expectNoLeakOf(async () => run(2, await run(1)));
		},
	);

	it.each(failures)("when %s", async (_, change, message) => {
		for (const clip of [{}, { clipNorm: 0.1 }]) {
			await expectNoLeakOf(async () => {
				const task = regression();
				const optimizer = new Adam();
				const attempt = train({ ...task, optimizer, epochs: 1, ...clip, ...change(task) });
				await expect(attempt).rejects.toThrow(message);
				tf.dispose(task.variables);
				optimizer.dispose();
			});
		}
	});

	it("by clipByGlobalNorm, but for what it gives", async () => {
		const given = [tf.tensor1d([3]), tf.tensor1d([4, 0])];
		await expectNoLeakOf(async () => tf.dispose((await clipByGlobalNorm(given, 1)).gradients));
		await expectNoLeakOf(() => clipByGlobalNorm(given, 6));
		await expectNoLeakOf(() => expect(clipByGlobalNorm(given, 0)).rejects.toThrow());
	});
});

describe("no tensor is left behind by fit", () => {
	useBackend("cpu");

	it("whether it works or throws", async () => {
		const [inputs, targets, wrong] = [tf.ones([5, 2]), tf.zeros([5, 1]), tf.zeros([5, 7])];
		const dense = layers.layers.dense({ units: 1, inputShape: [2], kernelRegularizer: "l1l2" });
		const model = layers.sequential({ layers: [dense] });
		const optimizer = tf.train.sgd(0.1);
		const loss = (target: tf.Tensor, output: tf.Tensor) => tf.losses.meanSquaredError(target, output);
		const options = { loss, optimizer, epochs: 2, batchSize: 3, inputs };
		await expectNoLeakOf(() => fit(model, { ...options, targets, validation: { inputs, targets } }));
		await expectNoLeakOf(() => expect(fit(model, { ...options, targets: wrong })).rejects.toThrow());
		await expectNoLeakOf(() => expect(fit(model, { ...options, targets, epochs: 0 })).rejects.toThrow());
	});
});
