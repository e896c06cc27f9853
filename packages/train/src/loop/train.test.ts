import { describeOnEveryBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { regression, regressionBatches, valuesOf } from "../../test/regression.ts";
import { Adam, type BatchSource, exampleBatches, type TrainingObserver, train } from "../index.ts";

describeOnEveryBackend("train", () => {
	it("learns, tells its observers, and leaves nothing behind but the optimizer's values", async () => {
		const task = regression();
		const events: string[] = [];
		const observer: TrainingObserver = {
			onStart: (run) => void events.push(`start ${run.epochs}x${run.batches}`),
			onStep: ({ epoch, index, step }) => void events.push(`${epoch}.${index}=${step}`),
			onEpoch: ({ epoch, step, improved }) => void events.push(`epoch ${epoch} at ${step} ${improved}`),
			onStop: ({ reason }) => void events.push(reason),
		};
		const optimizer = tf.train.adam(0.05);
		const before = tf.memory().numTensors;
		const result = await train({
			...task,
			optimizer,
			epochs: 2,
			validation: regressionBatches(false),
			earlyStopping: { patience: 5 },
			observers: [observer],
		});
		expect(tf.memory().numTensors - before).toBe(6); // tf.train.adam keeps two values for each of three variables
		expect(events).toEqual([
			"start 2x5",
			...["1.1=1", "1.2=2", "1.3=3", "1.4=4", "1.5=5", "epoch 1 at 5 true"],
			...["2.1=6", "2.2=7", "2.3=8", "2.4=9", "2.5=10", "epoch 2 at 10 true"],
			"completed",
		]);
		expect(result.history[1]?.metrics.loss).toBeLessThan(result.history[0]?.metrics.loss ?? 0);
		expect(Object.keys(result.history[0]?.metrics ?? {})).toEqual([
			"loss",
			"distance",
			"valLoss",
			"valDistance",
		]);
	});

	it("counts every example once in averages", async () => {
		// Without learning, the mean over batches of 5, 5, 5, 5 and 3 is the mean over all 23 examples.
		const task = regression();
		const { history } = await train({ ...task, optimizer: tf.train.sgd(0), epochs: 1 });
		const all = exampleBatches({
			examples: 1,
			batchSize: 1,
			makeBatch: async () => {
				const source = regressionBatches(false);
				const parts = await Promise.all(
					[0, 1, 2, 3, 4].map((index) => source.batch({ epoch: 0, index, seed: 0 })),
				);
				return { x: tf.concat(parts.map(({ x }) => x)), y: tf.concat(parts.map(({ y }) => y)) };
			},
		});
		const once = await train({ ...task, data: all, optimizer: tf.train.sgd(0), epochs: 1 });
		expect(history[0]?.metrics.loss).toBeCloseTo(once.history[0]?.metrics.loss ?? 0, 5);
		expect(history[0]?.metrics.distance).toBeCloseTo(once.history[0]?.metrics.distance ?? 0, 5);
	});

	it("weighs batches by what the loss says", async () => {
		const w = tf.variable(tf.scalar(0));
		const data = exampleBatches({ examples: 2, batchSize: 1, shuffle: false, makeBatch: ([i = 0]) => i });
		const { history } = await train({
			variables: { w },
			data,
			loss: (i) => ({ loss: tf.add(tf.mul(w, 0), i === 0 ? 1 : 4) as tf.Scalar, weight: i === 0 ? 1 : 2 }),
			optimizer: tf.train.sgd(1),
			epochs: 1,
		});
		expect(history[0]?.metrics.loss).toBeCloseTo(3, 6); // (1 · 1 + 2 · 4) / 3
	});

	it("repeats itself for a seed, and not for another one", async () => {
		const run = async (seed: number) => {
			const task = regression();
			await train({ ...task, optimizer: new Adam(), epochs: 2, seed });
			return valuesOf(task.variables);
		};
		expect(await run(0)).toEqual(await run(0));
		expect(await run(1)).not.toEqual(await run(0));
	});
});

describeOnEveryBackend("the end of training", () => {
	/** One weight that moves by 1 per epoch, and a validation loss that is least at 2. */
	const walk = () => {
		const w = tf.variable(tf.scalar(0));
		const data = exampleBatches({ examples: 1, batchSize: 1, makeBatch: () => 0 });
		return {
			w,
			options: {
				variables: { w },
				data,
				loss: () => tf.neg(w) as tf.Scalar,
				evaluate: () => ({ score: (w.dataSync()[0] ?? 0) <= 2 ? (w.dataSync()[0] ?? 0) : 0 }),
				optimizer: tf.train.sgd(1),
				epochs: 9,
				earlyStopping: { monitor: "score", mode: "max", patience: 3 } as const,
			},
		};
	};
	const failing = (step: number): TrainingObserver => ({
		onStep: (event) => {
			if (event.step === step) throw new Error("a full disk");
		},
	});
	const at = (step: number, act: (run: { stop(): void }) => void): TrainingObserver => ({
		onStep: (event) => {
			if (event.step === step) act(event.run);
		},
	});

	it.each([
		["early-stopping", (o: object) => o],
		["completed", (o: object) => ({ ...o, epochs: 4 })],
		["stopped", (o: object) => ({ ...o, observers: [at(4, (run) => run.stop())] })],
		[
			"aborted",
			(o: object) => {
				const controller = new AbortController();
				return { ...o, signal: controller.signal, observers: [at(4, () => controller.abort())] };
			},
		],
	])("puts the best weights back: %s", async (reason, change) => {
		const { w, options } = walk();
		const result = await train(change(options) as typeof options);
		expect(result).toMatchObject({ reason, best: { epoch: 2, value: 2 } });
		expect(w.dataSync()[0]).toBe(2);
	});

	it("puts the best weights back after an error, too, and passes the error on", async () => {
		const { w, options } = walk();
		const reasons: string[] = [];
		const watch: TrainingObserver = {
			onStop: ({ reason, error }) => void reasons.push(`${reason}: ${error}`),
		};
		await expect(train({ ...options, observers: [failing(4), watch] })).rejects.toThrow("a full disk");
		expect(reasons).toEqual(["failed: Error: a full disk"]);
		expect(w.dataSync()[0]).toBe(2);
	});

	it("keeps the last weights when it is asked to", async () => {
		const { w, options } = walk();
		await train({ ...options, earlyStopping: { ...options.earlyStopping, restoreBest: false } });
		expect(w.dataSync()[0]).toBe(5);
	});

	it("counts only changes of more than minDelta", async () => {
		const { options } = walk();
		const result = await train({
			...options,
			earlyStopping: { ...options.earlyStopping, patience: 1, minDelta: 1 },
		});
		expect(result).toMatchObject({ epoch: 2, best: { epoch: 1, value: 1 } });
	});

	it.each([Number.NaN, Number.POSITIVE_INFINITY])(
		"names the step at which the loss is %s, and keeps the weights",
		async (bad) => {
			const { w, options } = walk();
			const loss = (_: number, { step }: { step: number }) =>
				(step === 3 ? tf.mul(w, bad) : tf.neg(w)) as tf.Scalar;
			const before = tf.memory().numTensors;
			const attempt = train({
				...options,
				loss,
				earlyStopping: { monitor: "loss", patience: 9, restoreBest: false },
			});
			await expect(attempt).rejects.toThrow(`train: the loss is ${bad} at step 4 (epoch 4, batch 1 of 1)`);
			expect(w.dataSync()[0]).toBe(3);
			expect(tf.memory().numTensors).toBe(before);
		},
	);

	it("names the step at which the gradients are not finite", async () => {
		const w = tf.variable(tf.scalar(0));
		const { options } = walk();
		const loss = () => tf.sqrt(w) as tf.Scalar; // slope 1 / (2 √0)
		const attempt = train({ ...options, variables: { w }, loss, clipNorm: 1 });
		await expect(attempt).rejects.toThrow(/the norm of the gradients is (Infinity|NaN) at step 1/);
	});

	it("lets other events in while it runs", async () => {
		const { options } = walk();
		const controller = new AbortController();
		setTimeout(() => controller.abort(), 60);
		const { reason } = await train({
			...options,
			epochs: 1e9,
			earlyStopping: { monitor: "loss", patience: Number.POSITIVE_INFINITY },
			signal: controller.signal,
		});
		expect(reason).toBe("aborted");
	});
});

describe("bad options of train", () => {
	const base = () => ({ ...regression(), optimizer: tf.train.sgd(1), epochs: 1 });
	it.each([
		[{ epochs: 0 }, /train: `epochs` is 0/],
		[{ epoch: 3 }, /unknown option `epoch`/],
		[{ seed: 0.5 }, /`seed` is 0.5/],
		[{ clipNorm: 0 }, /`clipNorm` is 0/],
		[{ learningRate: Number.NaN }, /`learningRate` is NaN/],
		[{ learningRate: () => -1 }, /`learningRate` is -1/],
		[{ variables: {} }, /`variables` is empty/],
		[{ variables: { w: 1 } }, /'w' is not a tf.Variable/],
		[{ earlyStopping: { patience: 0 } }, /`earlyStopping.patience` is 0/],
		[{ earlyStopping: { patience: 1, mode: "best" } }, /`earlyStopping.mode` is "best"/],
		[{ earlyStopping: { patience: 1, monitor: "bleu" } }, /'bleu'; the metrics are loss, distance/],
		[{ loss: () => tf.zeros([2]) }, /the loss function gave a tensor \[2\] as `loss`; expected a scalar/],
		[{ data: { ...regressionBatches(), batches: 0 } as BatchSource<never> }, /`data.batches` is 0/],
	])("%j", async (change, message) => {
		await expect(train({ ...base(), ...change } as never)).rejects.toThrow(message);
	});
});
