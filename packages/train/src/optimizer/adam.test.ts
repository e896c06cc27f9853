import { describeOnEveryBackend, expectClose } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { Adam, type AdamOptions } from "./adam.ts";

/** The formula of the paper in float64. */
function reference(
	weights: number[],
	gradients: number[][],
	options: Required<Pick<AdamOptions, "learningRate" | "beta1" | "beta2" | "epsilon" | "weightDecay">>,
): number[] {
	const { learningRate, beta1, beta2, epsilon, weightDecay } = options;
	return weights.map((start, i) => {
		let [w, m, v] = [start, 0, 0];
		gradients.forEach((all, step) => {
			const g = all[i] ?? 0;
			m = beta1 * m + (1 - beta1) * g;
			v = beta2 * v + (1 - beta2) * g * g;
			const mean = m / (1 - beta1 ** (step + 1));
			const square = v / (1 - beta2 ** (step + 1));
			w -= learningRate * (mean / (Math.sqrt(square) + epsilon) + weightDecay * w);
		});
		return w;
	});
}

const gradients = [
	[0.5, -2, 0, 1e-4, 30, 7],
	[0.1, 3, 0, -1e-4, 20, -7],
	[-1, 2, 0, 2e-4, 10, 7],
];
const start = [1, -1, 0.5, 0.25, 2, -3];

describeOnEveryBackend("Adam", () => {
	describe.each(["host", "device"] as const)("on the %s", (implementation) => {
		it.each([
			{ learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
			{ learningRate: 0.1, beta1: 0.5, beta2: 0.9, epsilon: 1e-3, weightDecay: 0.2 },
			{ learningRate: 0.1, beta1: 0, beta2: 0, epsilon: 1e-2, weightDecay: 0 },
		])("follows the paper: %j", (options) => {
			const variable = tf.variable(tf.tensor2d(start, [2, 3]));
			const adam = new Adam({ ...options, implementation });
			for (const gradient of gradients) {
				const tensor = tf.tensor2d(gradient, [2, 3]);
				adam.applyGradients([{ name: variable.name, tensor }]);
				tensor.dispose();
			}
			expectClose(variable, reference(start, gradients, options), { atol: 1e-5 });
			adam.dispose();
			variable.dispose();
		});

		it("decays matrices and not biases, unless told otherwise", () => {
			const [matrix, bias] = [tf.variable(tf.ones([2, 2])), tf.variable(tf.ones([2]))];
			const zeros = [matrix, bias].map(({ name, shape }) => ({ name, tensor: tf.zeros(shape) }));
			new Adam({ learningRate: 0.5, weightDecay: 0.5, implementation }).applyGradients(zeros);
			expectClose(matrix, [0.75, 0.75, 0.75, 0.75]);
			expectClose(bias, [1, 1]);
			new Adam({ learningRate: 0.5, weightDecay: 0.5, implementation, decays: () => true }).applyGradients(
				zeros,
			);
			expectClose(bias, [0.75, 0.75]);
			tf.dispose([matrix, bias]);
		});

		it("takes steps of its own size for a variable, in which its decay follows", () => {
			const options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.2 };
			const [usual, slow, still] = [0, 1, 2].map(() => tf.variable(tf.tensor2d(start, [2, 3]))) as [
				tf.Variable,
				tf.Variable,
				tf.Variable,
			];
			const factors = new Map([
				[slow, 0.25],
				[still, 0],
			]);
			const rateFactor = (variable: tf.Variable): number => factors.get(variable) ?? 1;
			const adam = new Adam({ ...options, learningRate: 0.1, implementation, rateFactor });
			for (const gradient of gradients) {
				const tensor = tf.tensor2d(gradient, [2, 3]);
				adam.applyGradients([usual, slow, still].map(({ name }) => ({ name, tensor })));
				tensor.dispose();
			}
			expectClose(usual, reference(start, gradients, { ...options, learningRate: 0.1 }), { atol: 1e-5 });
			expectClose(slow, reference(start, gradients, { ...options, learningRate: 0.025 }), { atol: 1e-5 });
			expectClose(still, start);
			adam.dispose();
			tf.dispose([usual, slow, still]);
		});

		it("keeps two tensors per variable at most, and gives them back", () => {
			const variable = tf.variable(tf.ones([3, 3]));
			const before = tf.memory().numTensors;
			const adam = new Adam({ implementation });
			const step = (): void => {
				adam.minimize(() => tf.sum(tf.square(variable)) as tf.Scalar, false, [variable])?.dispose();
			};
			step();
			const after = tf.memory().numTensors;
			expect(after - before).toBe(implementation === "host" ? 0 : 2);
			for (let i = 0; i < 5; i++) step();
			expect(tf.memory().numTensors).toBe(after);
			adam.dispose();
			expect(tf.memory().numTensors).toBe(before);
			expect(adam.iterations).toBe(6);
		});

		it("does not change a copy that was taken of a variable", () => {
			const variable = tf.variable(tf.ones([2]));
			const copy = variable.clone();
			new Adam({ implementation }).applyGradients([{ name: variable.name, tensor: tf.ones([2]) }]);
			expectClose(copy, [1, 1]);
			expect(variable.dataSync()[0]).toBeLessThan(1);
		});
	});

	it("gives the same numbers in both ways, and a state that either can take over", async () => {
		const variables = ["host", "device"].map(() => tf.variable(tf.tensor1d(start)));
		const adams = (["host", "device"] as const).map(
			(implementation) => new Adam({ implementation, learningRate: 0.1 }),
		);
		const named = variables.map((variable) => [{ name: "w", variable }]);
		const step = (i: number, gradient: number[]) =>
			adams[i]?.applyGradients([{ name: variables[i]?.name ?? "", tensor: tf.tensor1d(gradient) }]);
		for (const gradient of gradients) for (const i of [0, 1]) step(i, gradient);
		expectClose(variables[0] as tf.Variable, variables[1] as tf.Variable, { atol: 1e-6 });
		const states = await Promise.all(adams.map((adam, i) => adam.captureState(named[i] ?? [])));
		for (const [i, adam] of adams.entries()) adam.restoreState(states[1 - i] as never, named[i] ?? []);
		for (const gradient of gradients) for (const i of [0, 1]) step(i, gradient);
		expectClose(variables[0] as tf.Variable, variables[1] as tf.Variable, { atol: 1e-5 });
	});

	it("does not stay among numbers that are slow to compute with", async () => {
		const variable = tf.variable(tf.ones([1]));
		const adam = new Adam({ implementation: "host" });
		adam.applyGradients([{ name: variable.name, tensor: tf.ones([1]) }]);
		for (let i = 0; i < 1000; i++) adam.applyGradients([{ name: variable.name, tensor: tf.zeros([1]) }]);
		const { tensors } = await adam.captureState([{ name: "w", variable }]);
		expect(tensors.get("mean/w")?.data).toEqual(Float32Array.of(0)); // 0.9^1000 = 1.7e-46
	});

	it("refuses bad options", () => {
		expect(() => new Adam({ learningRate: -1 })).toThrow(/Adam: `learningRate` is -1/);
		expect(() => new Adam({ beta1: 1 })).toThrow(/`beta1` is 1/);
		expect(() => new Adam({ epsilon: 0 })).toThrow(/`epsilon` is 0/);
		const variable = tf.variable(tf.ones([1]));
		const backwards = new Adam({ rateFactor: () => -1 });
		expect(() => backwards.applyGradients([{ name: variable.name, tensor: tf.ones([1]) }])).toThrow(
			/`rateFactor of .*` is -1/,
		);
		expect(() => new Adam({ lr: 1 } as never)).toThrow(/unknown option `lr`/);
		expect(() => new Adam({ implementation: "gpu" as never })).toThrow(/`implementation` is "gpu"/);
	});
});
