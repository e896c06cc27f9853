import {
	describeOnEveryBackend,
	expectClose,
	expectNoLeak,
	fixtureTensor,
	fixtureValues,
	randomTensor,
	type TorchCase,
	torchCases,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import { sequenceLoss } from "./sequence-loss.ts";

const all = torchCases("cross_entropy");
/** Our loss is the mean over the tokens that count; a sum is as many means, and one loss per token is not offered. */
const cases = all.filter(({ config }) => config.reduction !== "none");

/** PyTorch's logits `[N, C]` or `[N, C, T]` as `[tokens, classes]`. */
const tokensFirst = (logits: tf.Tensor): tf.Tensor2D => {
	const classes = logits.shape[1] as number;
	const last = logits.rank === 3 ? tf.transpose(logits, [0, 2, 1]) : logits;
	return tf.reshape(last, [-1, classes]);
};

describeOnEveryBackend("sequenceLoss", (backend) => {
	test.skipIf(all.length === 0).each(cases.map((entry) => [entry.name, entry] as const))(
		"PyTorch %s",
		(_, entry) => {
			const { config, inputs, outputs, grads } = entry as TorchCase;
			tf.tidy(() => {
				const targets = tf.reshape(fixtureTensor(inputs.targets as never), [-1]) as tf.Tensor1D;
				const live = tf.cast(tf.notEqual(targets, config.ignore_index), "float32") as tf.Tensor1D;
				const labels = tf.cast(tf.mul(targets, live), "int32") as tf.Tensor1D;
				const times = config.reduction === "sum" ? tf.sum(live) : tf.scalar(1);
				const { value, grad } = tf.valueAndGrad((logits: tf.Tensor) =>
					tf.mul(
						sequenceLoss(tokensFirst(logits), labels, { live, labelSmoothing: config.label_smoothing }),
						times,
					),
				)(fixtureTensor(inputs.logits as never));
				expectClose(value, fixtureValues(outputs.loss as never));
				const upstream = fixtureValues(entry.upstream.loss as never);
				expectClose(tf.mul(grad, tf.scalar(upstream[0] as number)), fixtureValues(grads.logits as never));
			});
		},
	);

	test.skipIf(all.length === 0)("counts the fixtures", () => {
		const skipped = all.filter((entry) => !cases.includes(entry)).map(({ name }) => name);
		console.info(
			`PyTorch cross_entropy on ${backend}: ${cases.length} of ${all.length} fixtures; skipped ${skipped}`,
		);
	});

	test("without live tokens the loss and its gradient are 0", () => {
		tf.tidy(() => {
			const logits = randomTensor<tf.Rank.R2>([3, 5], 1);
			const labels = tf.tensor1d([1, 2, 3], "int32");
			const f = (x: tf.Tensor): tf.Scalar => sequenceLoss(x as tf.Tensor2D, labels, { live: tf.zeros([3]) });
			expectClose(f(logits), [0]);
			expectClose(tf.grad(f)(logits), new Float32Array(15));
		});
	});

	test("leaves nothing behind, and refuses labels that are no indices", () => {
		const logits = randomTensor<tf.Rank.R2>([3, 5], 1);
		const labels = tf.tensor1d([1, 2, 3], "int32");
		expectNoLeak(() => sequenceLoss(logits, labels, { labelSmoothing: 0.1 }));
		expectNoLeak(() => tf.grad((x: tf.Tensor) => sequenceLoss(x as tf.Tensor2D, labels))(logits));
		const floats = tf.tensor1d([1, 2, 3]);
		expect(() => sequenceLoss(logits, floats)).toThrow("labels is float32; expected int32.");
		expectNoLeak(() => sequenceLoss(logits, floats), { throws: true });
		tf.dispose([logits, labels, floats]);
	});
});
