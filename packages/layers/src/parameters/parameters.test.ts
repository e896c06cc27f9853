import { describeOnEveryBackend, expectClose, expectNoLeak, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { embed } from "../ops/embed.ts";
import { orthogonalValues } from "./orthogonal-values.ts";
import { Parameters } from "./parameters.ts";

const values = (parameters: Parameters): Map<string, number[]> =>
	new Map([...parameters.variables].map(([name, variable]) => [name, [...variable.dataSync()]]));

describeOnEveryBackend("parameters and embeddings", () => {
	it("draws the same weights from the same seed, 0 included, and others from another", () => {
		const draw = (seed: number): Map<string, number[]> => {
			const parameters = new Parameters({ seed });
			parameters.add("a/kernel", [3, 5]);
			parameters.scope("b").add("kernel", [3, 5], "orthogonal");
			const drawn = values(parameters);
			parameters.dispose();
			return drawn;
		};
		expect(draw(0)).toEqual(draw(0));
		expect(draw(0)).not.toEqual(draw(1));
		expect([...draw(0).keys()]).toEqual(["a/kernel", "b/kernel"]);
		expect(draw(0).get("a/kernel")).not.toEqual(draw(0).get("b/kernel"));
	});

	it("says that its weights were freed", () => {
		const parameters = new Parameters();
		parameters.add("kernel", [2]);
		parameters.checkAlive("Model.loss");
		parameters.dispose();
		expect(() => parameters.checkAlive("Model.loss")).toThrow(
			"Model.loss: the weights were disposed. Make another",
		);
	});

	it("refuses a name twice", () => {
		const parameters = new Parameters();
		parameters.add("kernel", [2]);
		expect(() => parameters.add("kernel", [2])).toThrow("there is already a weight `kernel`");
		parameters.dispose();
		expect(parameters.variables.size).toBe(0);
	});

	it.each([
		[3, 7],
		[7, 3],
	])("makes an orthogonal matrix of %i × %i", (rows, columns) => {
		tf.tidy(() => {
			const matrix = tf.tensor2d(orthogonalValues(rows, columns, 5), [rows, columns]);
			const product = tf.matMul(matrix, matrix, rows > columns, rows < columns);
			expectClose(product, tf.eye(3), { atol: 1e-6 });
		});
	});

	it("adds up the gradients of a token that occurs twice", () => {
		tf.tidy(() => {
			const table = randomTensor<tf.Rank.R2>([5, 3], 1);
			const ids = tf.tensor2d([4, 0, 4, 2], [2, 2], "int32");
			const upstream = randomTensor<tf.Rank.R3>([2, 2, 3], 2);
			expect(embed(table, ids).shape).toEqual([2, 2, 3]);
			const gradient = tf.grad((t: tf.Tensor) => tf.sum(tf.mul(embed(t as tf.Tensor2D, ids), upstream)))(
				table,
			);
			const oneHot = tf.oneHot(tf.reshape(ids, [4]), 5);
			expectClose(gradient, tf.matMul(oneHot, tf.reshape(upstream, [4, 3]), true, false));
		});
		expectNoLeak(() => tf.tidy(() => embed(tf.ones([2, 3]), tf.tensor1d([1], "int32"))));
	});
});
