import { useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";
import { describe, expect, it } from "vitest";
import { regression, regressionBatches, valuesOf } from "../../test/regression.ts";
import {
	Adam,
	cosineDecay,
	decodeCheckpoint,
	encodeCheckpoint,
	fit,
	type LoopOptions,
	linearWarmup,
	type TrainingObserver,
	type TrainingState,
	train,
} from "../index.ts";

/** Keeps the last state of a run, through bytes. */
class Keeper implements TrainingObserver {
	bytes = new Uint8Array(0);
	async onStop({ run }: Parameters<NonNullable<TrainingObserver["onStop"]>>[0]): Promise<void> {
		this.bytes = encodeCheckpoint(await run.state());
	}
	state(): TrainingState {
		return decodeCheckpoint(this.bytes);
	}
}

type Settings = Pick<LoopOptions, "learningRate" | "clipNorm">;
const schedule = linearWarmup(7, cosineDecay({ rate: 0.05, steps: 40 }));

const optimizers: [string, () => tf.Optimizer, Settings?][] = [
	["Adam", () => new Adam({ learningRate: 0.05 })],
	[
		"Adam, clipped, scheduled, decaying",
		() => new Adam({ weightDecay: 0.1 }),
		{ clipNorm: 0.3, learningRate: schedule },
	],
	["Adam by tensor operations", () => new Adam({ learningRate: 0.05, implementation: "device" })],
	["tf.train.adam", () => tf.train.adam(0.05)],
	[
		"tf.train.adam, clipped and scheduled",
		() => tf.train.adam(0.05),
		{ clipNorm: 0.3, learningRate: schedule },
	],
	["tf.train.adamax", () => tf.train.adamax(0.05)],
	["tf.train.sgd", () => tf.train.sgd(0.1)],
	["tf.train.sgd, scheduled", () => tf.train.sgd(0.1), { learningRate: schedule }],
	["tf.train.momentum", () => tf.train.momentum(0.05, 0.9)],
	["tf.train.rmsprop, centered", () => tf.train.rmsprop(0.01, 0.9, 0.5, 1e-18, true)],
	["tf.train.rmsprop", () => tf.train.rmsprop(0.01)],
	["tf.train.adagrad", () => tf.train.adagrad(0.1)],
	["tf.train.adadelta", () => tf.train.adadelta(0.1)],
];

describe("a run that was stopped and resumed, on the cpu backend", () => {
	useBackend("cpu");
	const common = { epochs: 10, seed: 0, config: { width: 7 } };
	const validation = regressionBatches(false);
	const earlyStopping = { patience: 100, restoreBest: true };

	/** A run; the optimizer may have been used before, and the variables are fresh. */
	async function go(settings: Partial<LoopOptions> & { optimizer: tf.Optimizer }) {
		const keeper = new Keeper();
		const task = regression();
		const observers = [keeper, ...(settings.observers ?? [])];
		const result = await train({ ...task, ...common, validation, earlyStopping, ...settings, observers });
		return { result, keeper, values: valuesOf(task.variables) };
	}

	it.each(optimizers)(
		"is the same to the last bit after 5 + 5 epochs: %s",
		async (_, make, settings = {}) => {
			const whole = await go({ ...settings, optimizer: make() });
			const half = await go({ ...settings, optimizer: make(), epochs: 5 });
			const rest = await go({ ...settings, optimizer: make(), resume: half.keeper.state() });
			expect(half.result.epoch).toBe(5);
			expect(rest.result).toEqual(whole.result);
			expect(rest.values).toEqual(whole.values);
			expect(rest.keeper.bytes).toEqual(whole.keeper.bytes);
		},
	);

	it.each([1, 3, 5, 8, 9, 47])("is the same when it is aborted after step %i", async (stopAt) => {
		const make = () => new Adam({ learningRate: 0.05 });
		const whole = await go({ optimizer: make() });
		const controller = new AbortController();
		const abort: TrainingObserver = {
			onStep: ({ step }) => {
				if (step === stopAt) controller.abort();
			},
		};
		const part = await go({ optimizer: make(), signal: controller.signal, observers: [abort] });
		expect(part.result.reason).toBe("aborted");
		expect(part.result.step).toBe(stopAt);
		const rest = await go({ optimizer: make(), resume: part.keeper.state() });
		expect(rest.result).toEqual(whole.result);
		expect(rest.keeper.bytes).toEqual(whole.keeper.bytes);
	});

	it("is the same on an optimizer that was used before, without leaving its old values behind", async () => {
		for (const make of [
			() => tf.train.adam(0.05),
			() => new Adam({ learningRate: 0.05, implementation: "device" }),
		]) {
			const whole = await go({ optimizer: make() });
			const used = make();
			const half = await go({ optimizer: used, epochs: 5 });
			await go({ optimizer: used, epochs: 2, seed: 3 });
			const before = tf.memory().numTensors;
			const rest = await go({ optimizer: used, resume: half.keeper.state() });
			expect(rest.keeper.bytes).toEqual(whole.keeper.bytes);
			expect(tf.memory().numTensors).toBeLessThanOrEqual(before + 3); // the variables of this run
		}
	});

	it("holds for a model of tf.layers", async () => {
		const run = async (epochs: number, resume?: TrainingState) => {
			const model = layers.sequential({
				layers: [
					layers.layers.dense({
						units: 7,
						inputShape: [5],
						activation: "tanh",
						name: "first",
						kernelInitializer: layers.initializers.glorotUniform({ seed: 1 }),
					}),
					layers.layers.batchNormalization({ name: "norm" }),
					layers.layers.dense({
						units: 1,
						name: "last",
						kernelInitializer: layers.initializers.glorotUniform({ seed: 2 }),
						kernelRegularizer: "l1l2",
					}),
				],
			});
			const keeper = new Keeper();
			const inputs = tf.reshape(tf.linspace(-1, 1, 115), [23, 5]);
			const targets = tf.reshape(tf.linspace(0, 1, 23), [23, 1]);
			await fit(model, {
				inputs,
				targets,
				loss: (target, output) => tf.losses.meanSquaredError(target, output),
				metrics: { distance: (target, output) => tf.abs(tf.sub(target, output)) },
				validation: { inputs, targets },
				optimizer: new Adam({ learningRate: 0.01 }),
				batchSize: 5,
				epochs,
				resume,
				observers: [keeper],
			});
			return keeper;
		};
		const whole = await run(10);
		const rest = await run(10, (await run(5)).state());
		expect(rest.bytes).toEqual(whole.bytes);
		expect([...whole.state().weights.keys()]).toEqual(
			expect.arrayContaining(["first/kernel", "norm/moving_mean", "last/bias"]),
		);
		expect(Object.keys(whole.state().history[9]?.metrics ?? {})).toEqual([
			"loss",
			"distance",
			"valLoss",
			"valDistance",
		]);
	});

	it("does nothing more once it was complete or stopped early", async () => {
		const whole = await go({ optimizer: tf.train.sgd(0.1), epochs: 3 });
		const again = await go({ optimizer: tf.train.sgd(0.1), epochs: 3, resume: whole.keeper.state() });
		expect(again.result).toEqual(whole.result);
		const early = { patience: 2, minDelta: 1e9 };
		const stopped = await go({ optimizer: tf.train.sgd(0.1), earlyStopping: early });
		expect(stopped.result).toMatchObject({ reason: "early-stopping", epoch: 3 });
		const still = await go({
			optimizer: tf.train.sgd(0.1),
			earlyStopping: early,
			resume: stopped.keeper.state(),
		});
		expect(still.result).toEqual(stopped.result);
	});
});

describe("a state that does not fit", () => {
	useBackend("cpu");

	it("is refused with everything that differs, and touches nothing", async () => {
		const keeper = new Keeper();
		const { hidden, hiddenBias, output } = regression().variables as Record<string, tf.Variable>;
		const task = regression();
		await train({
			...task,
			optimizer: new Adam(),
			epochs: 1,
			observers: [keeper],
			config: { heads: 4, name: "a" },
		});
		const other = regression();
		const variables = {
			hidden: hidden as tf.Variable,
			bias: hiddenBias as tf.Variable,
			output: tf.variable(tf.zeros([1, 7])),
		};
		const before = valuesOf(variables);
		const attempt = train({
			...other,
			variables,
			optimizer: tf.train.sgd(1),
			epochs: 2,
			seed: 5,
			resume: keeper.state(),
			config: { heads: 8, name: "a" },
		});
		await expect(attempt).rejects.toMatchObject({ name: "HeedError", code: "VALUE" });
		await expect(attempt).rejects.toThrow(
			"Missing weights: bias; Unused weights: hiddenBias; Other shape of weights: output is float32 [7, 1] there " +
				"and float32 [1, 7] here; The optimizer is HeedAdam there and SGD here; seed is 0 there and 5 here; " +
				"config.heads is 4 there and 8 here.",
		);
		expect(valuesOf(variables)).toEqual(before);
		expect(output?.isDisposed).toBe(false);
	});
});
