import {
	describeOnEveryBackend,
	expectClose,
	expectNoLeak,
	fixtureTensor,
	fixtureValues,
	randomTensor,
	torchCases,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { sequenceLoss } from "./sequence-loss.ts";

const all = torchCases("cross_entropy");
const cases = all.filter(({ config }) => config.reduction === "mean");
console.info(
	`torch/cross_entropy: ${cases.length} of ${all.length} cases on each backend; ` +
		"the others have no mean over the tokens, which is all that sequenceLoss gives",
);

describeOnEveryBackend("sequenceLoss", () => {
	it.each(cases.map((fixture) => [fixture.name, fixture] as const))("PyTorch: %s", (_, fixture) => {
		tf.tidy(() => {
			const targets = tf.reshape(fixtureTensor(fixture.inputs.targets as never), [-1]) as tf.Tensor1D;
			const live = tf.cast(tf.greaterEqual(targets, 0), "float32") as tf.Tensor1D;
			const labelSmoothing = fixture.config.label_smoothing;
			const loss = (logits: tf.Tensor): tf.Scalar => {
				const last = logits.rank === 3 ? tf.transpose(logits, [0, 2, 1]) : logits; // [N, C, T] to [N, T, C]
				const rows = tf.reshape(last, [-1, last.shape[last.rank - 1] as number]) as tf.Tensor2D;
				return sequenceLoss(rows, targets, { live, labelSmoothing });
			};
			const logits = fixtureTensor(fixture.inputs.logits as never);
			expectClose(loss(logits), fixtureValues(fixture.outputs.loss as never));
			const [upstream = 1] = fixture.upstream.loss ? fixtureValues(fixture.upstream.loss) : [1];
			const gradient = tf.grad((x: tf.Tensor) => tf.mul(loss(x), upstream))(logits);
			expectClose(gradient, fixtureValues(fixture.grads.logits as never));
		});
	});

	it("is 0, with a gradient of 0, when nothing counts", () => {
		tf.tidy(() => {
			const labels = tf.tensor1d([1, 0, 2], "int32");
			const live = tf.zeros([3]) as tf.Tensor1D;
			const loss = (x: tf.Tensor): tf.Scalar => sequenceLoss(x as tf.Tensor2D, labels, { live });
			const logits = randomTensor([3, 5], 1);
			expectClose(loss(logits), [0]);
			expectClose(tf.grad(loss)(logits), new Array(15).fill(0));
		});
	});

	it("leaves nothing behind, and says what is wrong", () => {
		const logits = randomTensor<tf.Rank.R2>([3, 5], 1);
		const labels = tf.tensor1d([1, 0, 2], "int32");
		expectNoLeak(() => sequenceLoss(logits, labels, { labelSmoothing: 0.1 }));
		expectNoLeak(() => sequenceLoss(logits, labels, { labelSmoothing: 2 }), { throws: true });
		expect(() => sequenceLoss(labels as never, labels)).toThrow(/rank 2: \[tokens, classes\]/);
		expect(() => sequenceLoss(logits, logits as never)).toThrow(/sequenceLoss: labels/);
		tf.dispose([logits, labels]);
	});
});
