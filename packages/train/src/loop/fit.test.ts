import { useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import * as layers from "@tensorflow/tfjs-layers";
import { describe, expect, it } from "vitest";
import { fit, modelTask } from "../index.ts";

const squared = (target: tf.Tensor, output: tf.Tensor) => tf.losses.meanSquaredError(target, output);

describe("fit", () => {
	useBackend("cpu");
	const dense = (name: string, more: object = {}) =>
		layers.layers.dense({ units: 1, inputShape: [1], name, kernelInitializer: "ones", ...more });
	const common = () => ({
		inputs: tf.tensor2d([[1], [2], [3]]),
		targets: tf.tensor2d([[0], [0], [0]]),
		loss: squared,
		epochs: 1,
	});

	it("adds the penalties of regularizers to the loss, and not to that of the validation", async () => {
		const model = layers.sequential({
			layers: [dense("line", { kernelRegularizer: layers.regularizers.l2({ l2: 0.5 }) })],
		});
		const options = common();
		const { history } = await fit(model, {
			...options,
			optimizer: tf.train.sgd(0),
			validation: { inputs: options.inputs, targets: options.targets },
		});
		expect(history[0]?.metrics.loss).toBeCloseTo(14 / 3 + 0.5, 5); // (1 + 4 + 9) / 3 + 0.5 · 1²
		expect(history[0]?.metrics.valLoss).toBeCloseTo(14 / 3, 5);
	});

	it("refuses a model that has two weights of one name, naming them", async () => {
		const inner = layers.sequential({ layers: [dense("line")] });
		const model = layers.sequential({ layers: [inner, dense("line")] });
		const attempt = fit(model, { ...common(), optimizer: tf.train.sgd(0) });
		await expect(attempt).rejects.toMatchObject({ name: "HeedError", code: "VALUE" });
		await expect(attempt).rejects.toThrow(
			"modelTask: several weights of the model are named line/kernel, line/bias; expected each name once",
		);
	});

	it("takes a model that uses a layer twice", () => {
		const shared = dense("shared");
		const input = layers.input({ shape: [1] });
		const output = shared.apply(shared.apply(input)) as layers.SymbolicTensor;
		const model = layers.model({ inputs: input, outputs: output });
		expect([...modelTask(model, { loss: squared }).variables.keys()]).toEqual([
			"shared/kernel",
			"shared/bias",
		]);
	});

	it("rejects bad options and an empty validation", async () => {
		const model = layers.sequential({ layers: [dense("line")] });
		const options = { ...common(), optimizer: tf.train.sgd(0) };
		await expect(fit(model, { ...options, lr: 1 } as never)).rejects.toThrow(/fit: unknown option `lr`/);
		const validation = { inputs: tf.zeros([0, 1]), targets: tf.zeros([0, 1]) };
		await expect(fit(model, { ...options, validation })).rejects.toThrow(/hold no examples/);
	});
});
