import { maxPool } from "@heed/core";
import { describeOnEveryBackend, expectClose, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { expect, it } from "vitest";
import { stirredParts } from "../../test/stirred-parts.ts";
import { residualAttentionNetwork } from "./residual-attention-network.ts";
import { resnet } from "./resnet.ts";

const small = { classes: 3, seed: 0, width: 2 } as const;
const image = (height: number, width: number): tf.Tensor4D =>
	randomTensor<tf.Rank.R4>([2, height, width, 3], 1);

describeOnEveryBackend("formulas of the residual networks", () => {
	it("a resnet is its convolutions, norms and attention with PyTorch's padding", () => {
		const built = resnet({
			...{ ...small, depth: 18, inputShape: [null, null, 3], classActivation: "linear" },
			attention: { name: "se", options: { rdRatio: 1 } },
		});
		tf.tidy(() => {
			const { weights, conv, norm } = stirredParts(built);
			const excite = (x: tf.Tensor4D, name: string): tf.Tensor4D => {
				const [w1, b1, w2, b2] = weights(name) as tf.Tensor2D[];
				const hidden = tf.relu(tf.add(tf.matMul(tf.mean(x, [1, 2]), w1 as tf.Tensor2D), b1 as tf.Tensor));
				const scores = tf.add(tf.matMul(hidden as tf.Tensor2D, w2 as tf.Tensor2D), b2 as tf.Tensor);
				return tf.mul(x, tf.reshape(tf.sigmoid(scores), [2, 1, 1, -1]));
			};
			const x = image(19, 14);
			const start = tf.relu(norm(conv(x, "stem_conv", 2), "stem_norm"));
			let seen = maxPool(start, 3, { strides: 2, padding: 1 });
			for (let i = 0; i < 8; i++) {
				const stage = Math.floor(i / 2);
				const name = `stage${stage}_block${i % 2}`;
				const strides = i % 2 === 0 && stage > 0 ? 2 : 1;
				const first = tf.relu(norm(conv(seen, `${name}_conv0`, strides), `${name}_norm0`));
				const branch = excite(norm(conv(first, `${name}_conv1`), `${name}_norm1`), `${name}_attention`);
				const around =
					strides === 1 ? seen : norm(conv(seen, `${name}_around_conv`, 2), `${name}_around_norm`);
				seen = tf.relu(tf.add(branch, around));
			}
			const [kernel, bias] = weights("classes") as [tf.Tensor2D, tf.Tensor1D];
			const scores = tf.add(tf.matMul(tf.mean(seen, [1, 2]) as tf.Tensor2D, kernel), bias);
			expectClose(built.predict(x) as tf.Tensor, scores, { atol: 1e-4, rtol: 1e-4 });
		});
		built.dispose();
	});

	it("AttentionNeXt has a norm behind each convolution, on the way around too, and a ReLU behind the sum", () => {
		const built = residualAttentionNetwork({
			...{ ...small, stem: "small", unit: "resnext", groups: 2, inputShape: [null, null, 3] },
		});
		tf.tidy(() => {
			const { conv, norm } = stirredParts(built);
			const [before, behind] = ["stage0_attention0", "stage1_attention0"].map((name) => built.getLayer(name));
			const outputs = [before?.output, behind?.input] as SymbolicTensor[];
			const [x, y] = model({ inputs: built.inputs, outputs }).predict(image(7, 6)) as tf.Tensor4D[];
			const of = (seen: tf.Tensor4D, step: number | "around", strides = 1, groups = 1): tf.Tensor4D =>
				norm(conv(seen, `stage1_unit_conv${step}`, strides, groups), `stage1_unit_norm${step}`);
			const start = x as tf.Tensor4D;
			const branch = of(tf.relu(of(tf.relu(of(start, 0)), 1, 2, 2)), 2);
			const expected = tf.relu(tf.add(branch, of(start, "around", 2)));
			expectClose(y as tf.Tensor, expected, { atol: 1e-4, rtol: 1e-4 });
		});
		built.dispose();
	});

	it("a deep resnet has bottlenecks, with the stride at their 3×3 as in torchvision", () => {
		const built = resnet({
			...{ ...small, depth: 50, inputShape: [null, null, 3], stem: "small", classActivation: "linear" },
		});
		tf.tidy(() => {
			const { weights, conv, norm } = stirredParts(built);
			const x = image(11, 6);
			let seen = tf.relu(norm(conv(x, "stem_conv"), "stem_norm"));
			for (const [stage, blocks] of [3, 4, 6, 3].entries()) {
				for (let block = 0; block < blocks; block++) {
					const name = `stage${stage}_block${block}`;
					const strides = block === 0 && stage > 0 ? 2 : 1;
					const step = (z: tf.Tensor4D, i: number | "around", stride = 1): tf.Tensor4D =>
						i === "around"
							? norm(conv(z, `${name}_around_conv`, stride), `${name}_around_norm`)
							: norm(conv(z, `${name}_conv${i}`, stride), `${name}_norm${i}`);
					const branch = step(tf.relu(step(tf.relu(step(seen, 0)), 1, strides)), 2);
					const around = block === 0 ? step(seen, "around", strides) : seen;
					seen = tf.relu(tf.add(branch, around));
				}
			}
			const [kernel, bias] = weights("classes") as [tf.Tensor2D, tf.Tensor1D];
			expect(kernel.shape).toEqual([64, 3]); // four times the channels of the last 3×3
			const scores = tf.add(tf.matMul(tf.mean(seen, [1, 2]) as tf.Tensor2D, kernel), bias);
			const found = tf.div(built.predict(x) as tf.Tensor, scores); // they grow from block to block
			expectClose(found, tf.ones([2, 3]), { atol: 1e-4 });
		});
		built.dispose();
	});

	it("Attention-56 has a norm and a ReLU before each convolution, and a norm and a ReLU behind the last unit", () => {
		const built = residualAttentionNetwork({
			...{ ...small, stem: "small", inputShape: [null, null, 3], classActivation: "linear" },
		});
		tf.tidy(() => {
			const { weights, conv, norm } = stirredParts(built);
			const layers = ["stage0_attention0", "stage1_attention0", "stage2_attention0"];
			const [first, second, third] = layers.map((name) => built.getLayer(name));
			const outputs = [first?.input, first?.output, second?.input, third?.output, ...built.outputs];
			const maps = model({ inputs: built.inputs, outputs: outputs as SymbolicTensor[] });
			const x = image(13, 10);
			const [toFirst, toUnit, toSecond, toLast, scores] = maps.predict(x) as tf.Tensor4D[];
			const unit = (z: tf.Tensor4D, name: string, strides = 1, changes = true): tf.Tensor4D => {
				const active = tf.relu(norm(z, `${name}_norm0`));
				const reduced = tf.relu(norm(conv(active, `${name}_conv0`), `${name}_norm1`));
				const wide = tf.relu(norm(conv(reduced, `${name}_conv1`, strides), `${name}_norm2`));
				const around = changes ? conv(active, `${name}_around`, strides) : z;
				return tf.add(conv(wide, `${name}_conv2`), around);
			};
			const near = { atol: 1e-4, rtol: 1e-4 };
			const start = tf.relu(norm(conv(x, "stem_conv"), "stem_norm"));
			expectClose(toFirst as tf.Tensor, unit(start, "stage0_unit"), near);
			expectClose(toSecond as tf.Tensor, unit(toUnit as tf.Tensor4D, "stage1_unit", 2), near);
			const widened = unit(toLast as tf.Tensor4D, "last_unit0", 2);
			const last = [1, 2].reduce((z, i) => unit(z, `last_unit${i}`, 1, false), widened);
			const row = tf.mean(tf.relu(norm(last, "last_norm")), [1, 2]) as tf.Tensor2D;
			const [kernel, bias] = weights("classes") as [tf.Tensor2D, tf.Tensor1D];
			expectClose(scores as tf.Tensor, tf.add(tf.matMul(row, kernel), bias), near);
		});
		built.dispose();
	});
});
