import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { it } from "vitest";
import { scatterWeights } from "./scatter-weights.ts";

const [rows, source, classes] = [3, 5, 7];
const ids = (): tf.Tensor2D =>
	tf.tensor2d(
		[
			[0, 6, 0, 2, 0],
			[1, 2, 3, 4, 5],
			[6, 6, 6, 6, 6],
		],
		[rows, source],
		"int32",
	);

describeOnEveryBackend("scatterWeights", () => {
	it("sums by id, which may stand several times", () => {
		tf.tidy(() => {
			const weights = tf.tensor2d([1, 2, 4, 8, 16, 1, 2, 3, 4, 5, 0.5, 0.25, 1, 1, 1], [rows, source]);
			const expected = [
				[21, 0, 8, 0, 0, 0, 2],
				[0, 1, 2, 3, 4, 5, 0],
				[0, 0, 0, 0, 0, 0, 3.75],
			];
			expectClose(scatterWeights(weights, ids(), classes), tf.tensor2d(expected), { atol: 0 });
		});
	});

	it("has the gradient of the weights, and leaves nothing behind", () => {
		const [weights, places] = [randomTensor<tf.Rank.R2>([rows, source], 1), ids()];
		tf.tidy(() => {
			const scatter = (x: tf.Tensor): tf.Tensor => scatterWeights(x as tf.Tensor2D, places, classes);
			expectGradientsMatch(scatter, [weights], { names: ["weights"] });
		});
		expectNoLeak(() => scatterWeights(weights, places, classes));
		tf.dispose([weights, places]);
	});
});
