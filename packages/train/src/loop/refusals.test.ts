import { describeOnEveryBackend, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { regression, regressionBatches, valuesOf } from "../../test/regression.ts";
import {
	Adam,
	type BatchSource,
	exampleBatches,
	type LossContext,
	type TrainOptions,
	train,
} from "../index.ts";

const one = exampleBatches({ examples: 1, batchSize: 1, makeBatch: () => 0 });

describeOnEveryBackend("numbers that are not finite", () => {
	it.each([undefined, 1])(
		"are refused as gradients before they touch a weight, clipNorm %s",
		async (clipNorm) => {
			const variables = { fine: tf.variable(tf.scalar(3)), root: tf.variable(tf.scalar(0)) };
			const optimizer = tf.train.sgd(1);
			const before = tf.memory().numTensors;
			const attempt = train({
				variables,
				data: one,
				loss: () => tf.add(tf.sqrt(variables.root), variables.fine) as tf.Scalar, // slope 1 / (2 √0)
				optimizer,
				epochs: 1,
				...(clipNorm !== undefined && { clipNorm }),
			});
			await expect(attempt).rejects.toMatchObject({ name: "HeedError", code: "VALUE" });
			await expect(attempt).rejects.toThrow(
				clipNorm === undefined
					? "train: the gradient of 'root' is not finite at step 1 (epoch 1, batch 1 of 1)"
					: /the norm of the gradients is (NaN|Infinity) at step 1/,
			);
			expect(valuesOf(variables)).toEqual({ fine: [3], root: [0] });
			expect(tf.memory().numTensors).toBe(before);
		},
	);

	it("are refused as weights when a state is taken, and as the best ones", async () => {
		// Loss and gradient are finite; the update itself overflows.
		const options = () => {
			const w = tf.variable(tf.scalar(3e38));
			const loss = () => tf.mul(w, -1e38 / 1e38) as tf.Scalar;
			return { variables: { w }, data: one, loss, optimizer: tf.train.sgd(3e38), epochs: 1 };
		};
		const observers = [
			{ onEpoch: async ({ run }: { run: { state(): Promise<unknown> } }) => void (await run.state()) },
		];
		await expect(train({ ...options(), observers })).rejects.toThrow(
			"train: 'w' holds Infinity after step 1; its weights are not kept",
		);
		await expect(train({ ...options(), earlyStopping: { patience: 1 } })).rejects.toThrow(
			/'w' holds Infinity/,
		);
	});
});

describe("names of metrics", () => {
	useBackend("cpu");
	const named = (name: string) => ({
		...regression(),
		loss: () => ({ loss: tf.scalar(0), metrics: { [name]: tf.scalar(1) } }),
	});

	it.each(["event", "epoch", "step", "learningRate", "seconds", "loss"])(
		"are refused when they would hide something: %s",
		async (name) => {
			const common = { optimizer: tf.train.sgd(1), epochs: 1 };
			const before = tf.memory().numTensors;
			await expect(train({ ...named(name), ...common })).rejects.toThrow(
				new RegExp(`train: the loss function gave a metric '${name}'.*Rename`),
			);
			expect(tf.memory().numTensors - before).toBe(3); // the variables
			const evaluate = () => ({ [name]: 1 });
			await expect(train({ ...regression(), ...common, evaluate })).rejects.toThrow(
				new RegExp(`train: \`evaluate\` gave a metric '${name}'`),
			);
		},
	);

	it("are refused when a validation or an evaluation repeats them", async () => {
		const common = { optimizer: tf.train.sgd(0), epochs: 1, validation: regressionBatches(false) };
		await expect(train({ ...regression(), ...common, evaluate: () => ({ valLoss: 1 }) })).rejects.toThrow(
			"`evaluate` gave a metric 'valLoss', but this epoch has one of that name",
		);
		const { variables, data, loss } = regression();
		const twice: typeof loss = (batch, context) => {
			const parts = loss(batch, context) as { loss: tf.Scalar };
			return { loss: parts.loss, metrics: { valLoss: tf.scalar(1) } };
		};
		await expect(train({ variables, data, loss: twice, ...common })).rejects.toThrow(
			"`validation` gave a metric 'valLoss'",
		);
	});
});

describe("a validation", () => {
	useBackend("cpu");
	it("runs without training, and weighs its batches", async () => {
		const w = tf.variable(tf.scalar(0));
		const seen: LossContext[] = [];
		const validation: BatchSource<number> = { batches: 2, batch: ({ index }) => index, size: () => 7 };
		const options: TrainOptions<number> = {
			variables: { w },
			data: one,
			validation,
			loss: (index, context) => {
				seen.push(context);
				const loss = tf.add(tf.mul(w, 0), index === 0 ? 1 : 4) as tf.Scalar;
				return { loss, weight: index === 0 ? 1 : 2 };
			},
			optimizer: new Adam(),
			epochs: 1,
		};
		const { history } = await train(options);
		expect(history[0]?.metrics.valLoss).toBeCloseTo(3, 6); // (1 · 1 + 2 · 4) / 3
		expect(seen.map(({ training }) => training)).toEqual([true, false, false]);
		expect(new Set(seen.map(({ seed }) => seed)).size).toBe(3 - 1); // the first of both share a stream, no more

		const { loss: _, ...rest } = options;
		const bySize = await train({
			...rest,
			validation: { ...validation, size: ({ index }) => index + 1 },
			loss: (index) => tf.add(tf.mul(w, 0), index === 0 ? 1 : 4) as tf.Scalar,
		});
		expect(bySize.history[0]?.metrics.valLoss).toBeCloseTo(3, 6);
	});

	it("is refused when it is empty, and so is a config that JSON cannot hold", async () => {
		const base = { ...regression(), optimizer: tf.train.sgd(1), epochs: 1 };
		const validation = { ...regressionBatches(false), batches: 0 };
		await expect(train({ ...base, validation })).rejects.toThrow(/train: `validation.batches` is 0/);
		const bad = [
			[{ rate: { min: Number.NaN } }, "`config.rate.min` is NaN"],
			[[1, Number.POSITIVE_INFINITY], "`config.1` is Infinity"],
			[{ when: new Date(0) }, "`config.when` is"],
			[{ f: () => 0 }, "`config.f` is"],
		] as const;
		for (const [config, message] of bad) {
			await expect(train({ ...base, config: config as never })).rejects.toThrow(message);
		}
	});
});
