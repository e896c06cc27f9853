import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	literalCases,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { input, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { expect, it } from "vitest";
import { saveAndLoad } from "../../test/save-and-load.ts";
import { captureAttention, disposeAttention } from "../capture-attention.ts";
import { additiveAttention } from "./additive-attention.ts";
import { dotAttention } from "./dot-attention.ts";

const keras = literalCases(/^keras_(attention_dot|attention_concat|additive_noscale|attention_masks)$/);
const makers = {
	dot: () => dotAttention({ returnAttention: true }),
	"dot, trainable scale": () => dotAttention({ returnAttention: true, scale: "trainable" }),
	"dot, causal sparsemax": () =>
		dotAttention({ returnAttention: true, causal: true, normalizer: "sparsemax" }),
	additive: () => additiveAttention({ returnAttention: true, units: 5, seed: 2 }),
	"additive, as they are": () => additiveAttention({ returnAttention: true, seed: 2 }),
};

describeOnEveryBackend("attention with one head", (backend) => {
	it.skipIf(keras.length === 0)("agrees with Keras", () => {
		for (const { name, inputs, expected, atol } of keras) {
			tf.tidy(() => {
				const [query, value] = [tf.tensor3d(inputs.query), tf.tensor3d(inputs.value)];
				const key = inputs.key === undefined ? value : tf.tensor3d(inputs.key);
				const layer = /dot|masks/.test(name)
					? dotAttention({ scale: "none", returnAttention: true })
					: additiveAttention({ useScale: false, returnAttention: true });
				const mask = inputs.value_mask && tf.tensor2d(inputs.value_mask, undefined, "bool");
				const all = mask === undefined ? [query, key, value] : [query, key, value, mask];
				const [output, weights] = layer.apply(all) as [tf.Tensor, tf.Tensor];
				expectClose(weights, tf.tensor(expected.scores), { atol, label: name });
				// Keras' mask of the query zeroes rows of the output, which is the next layer's affair here.
				const rows = inputs.query_mask === undefined ? tf.ones([1, 2]) : tf.tensor2d(inputs.query_mask);
				expectClose(tf.mul(output, tf.expandDims(rows, 2)), tf.tensor(expected.output), {
					atol,
					label: name,
				});
			});
		}
		expect(keras).toHaveLength(4);
		console.info(`${backend}: 4 cases of Keras' Attention and AdditiveAttention`);
	});

	it.each(Object.entries(makers))("differentiates, masks and records: %s", (_, make) => {
		const layer = make();
		const [query, memory] = [randomTensor([2, 3, 7], 1), randomTensor([2, 5, 7], 2)];
		const mask = tf.tensor2d([1, 1, 1, 0, 0, 0, 0, 0, 0, 0], [2, 5], "bool");
		layer.apply([query, memory]);
		expectGradientsMatch(
			(q, m) => (layer.apply([q as tf.Tensor, m as tf.Tensor]) as tf.Tensor[])[0] as tf.Tensor,
			[query, memory],
		);
		tf.tidy(() => {
			const [output, weights] = layer.apply([query, memory, mask]) as [tf.Tensor, tf.Tensor];
			const hidden = tf.add(
				memory,
				tf.tensor3d(
					[0, 0, 0, 50, 50].flatMap((x) => new Array(7).fill(x)),
					[1, 5, 7],
				),
			);
			const [other] = layer.apply([query, hidden, mask]) as [tf.Tensor];
			expect([...other.dataSync()]).toEqual([...output.dataSync()]); // what is masked cannot matter
			expectClose(tf.slice(weights, [1, 0, 0], [1, 3, 5]), new Array(15).fill(0)); // nothing to attend to
			expectClose(tf.slice(output, [1, 0, 0], [1, 3, 7]), new Array(21).fill(0));
			expectClose(tf.sum(tf.slice(weights, 0, 1), 2), [1, 1, 1], { atol: 1e-6 });
		});
		const { result, records } = captureAttention(() => layer.apply([query, memory]) as tf.Tensor[]);
		expect(records.map(({ axes, weights }) => [axes.join(), weights.shape])).toEqual([
			["batch,query,key", [2, 3, 5]],
		]);
		disposeAttention(records);
		tf.dispose(result);
		expectNoLeak(() => layer.apply([query, memory, mask]) as tf.Tensor[]);
		const wrong = randomTensor([3, 5, 7], 1);
		expectNoLeak(() => layer.apply([query, wrong]) as tf.Tensor[], { throws: true });
		layer.dispose();
	});

	it.each([
		["dot", () => dotAttention()],
		["additive", () => additiveAttention({ units: 3, seed: 0 })],
	])("lets the positions of a single input look at each other: %s", (_, make) => {
		const layer = make();
		tf.tidy(() => {
			const x = randomTensor<tf.Rank.R3>([2, 5, 7], 1);
			const mask = tf.cast(tf.greater(randomTensor([2, 5], 2), -0.5), "bool");
			expectClose(layer.apply(x) as tf.Tensor, layer.apply([x, x]) as tf.Tensor, { atol: 0 });
			expectClose(layer.apply([x, mask]) as tf.Tensor, layer.apply([x, x, mask]) as tf.Tensor, { atol: 0 });
		});
		layer.dispose();
	});

	it("is saved and loaded with its weights and arguments", async () => {
		for (const make of Object.values(makers)) {
			const [q, m] = [input({ shape: [null, 7] }), input({ shape: [5, 7] })];
			const [output] = make().apply([q, m]) as SymbolicTensor[];
			const whole = model({ inputs: [q, m], outputs: output as SymbolicTensor });
			const loaded = await saveAndLoad(whole);
			tf.tidy(() => {
				const x = [randomTensor([2, 3, 7], 1), randomTensor([2, 5, 7], 2)];
				expectClose(loaded.predict(x) as tf.Tensor, whole.predict(x) as tf.Tensor, { atol: 1e-6 });
			});
			whole.dispose();
			loaded.dispose();
		}
	});

	it("drops weights in training only, and by another draw each time", () => {
		for (const layer of [
			dotAttention({ dropout: 0.5, seed: 0 }),
			additiveAttention({ dropout: 0.5, seed: 0 }),
		]) {
			tf.tidy(() => {
				const x = randomTensor([1, 11, 7], 1);
				const [first, second] = [0, 1].map(() => layer.apply([x, x], { training: true }) as tf.Tensor);
				const [plain, again] = [0, 1].map(() => layer.apply([x, x]) as tf.Tensor);
				expectClose(again as tf.Tensor, plain as tf.Tensor);
				expect([...(first as tf.Tensor).dataSync()]).not.toEqual([...(second as tf.Tensor).dataSync()]);
			});
			layer.dispose();
		}
	});

	it.each([
		[() => dotAttention({ scale: "half" as never }), /`scale` is "half"; expected 'root'/],
		[() => dotAttention().apply([tf.zeros([1, 2, 3]), tf.zeros([1, 2, 4])]), /3 features and key 4/],
		[() => additiveAttention().apply([tf.zeros([1, 2, 3]), tf.zeros([1, 2, 4])]), /Give `units`/],
		[() => additiveAttention({ units: 0 }), /`units` is 0/],
		[
			() => dotAttention().apply([1, 2, 3, 4].map(() => tf.zeros([1, 2, 3]))),
			/4 inputs; expected \[x\], \[query, memory\]/,
		],
		[() => dotAttention().apply([tf.zeros([1, 2]), tf.zeros([1, 2])]), /query \[1, 2\] has rank 2/],
		[
			() => dotAttention().apply([tf.zeros([1, 2, 3]), tf.zeros([1, 4, 3]), tf.zeros([1, 5, 3])]),
			/value \[batch 1, keyLength 5/,
		],
		[
			() => dotAttention().apply([tf.zeros([1, 2, 3]), tf.zeros([1, 4, 3]), tf.ones([1, 3], "bool")]),
			/mask \[batch 1, keyLength 3\] does not fit/,
		],
	])("says what is wrong: case %#", (make, message) => {
		tf.tidy(() => {
			expect(make).toThrow(message);
		});
	});
});
