import { captureAttention, disposeAttention } from "@heed/layers";
import { describeOnEveryBackend, expectClose, expectNoLeak, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import type { Seq2SeqBatch } from "./seq2seq-batch.ts";
import { Transformer } from "./transformer.ts";
import type { TransformerConfig, TransformerPositions } from "./transformer-config.ts";

const small: TransformerConfig = {
	sourceVocabularySize: 11,
	targetVocabularySize: 7,
	modelDim: 6,
	numHeads: 3,
	hiddenDim: 5,
	encoderLayers: 1,
	decoderLayers: 2,
	seed: 4,
};
const schemes: TransformerPositions[] = [
	{ kind: "sinusoidal" },
	{ kind: "sinusoidal", layout: "tensor2tensor", offset: 1, base: 100 },
	{ kind: "learned", maxLength: 11 },
	{ kind: "rotary" },
	{ kind: "rotary", layout: "interleaved", base: 50 },
	{ kind: "alibi" },
	{ kind: "t5", numBuckets: 8, maxDistance: 7 },
	{ kind: "shaw", maxDistance: 2 },
];
const configs: [string, TransformerConfig][] = [
	...schemes.map((positions): [string, TransformerConfig] => [
		`positions ${JSON.stringify(positions)}`,
		{ ...small, ...(positions.kind === "rotary" && { modelDim: 12 }), positions },
	]),
	["the paper's: post-norm, all tied", { ...small, sourceVocabularySize: 7, normFirst: false, tie: "all" }],
	["SwiGLU, rms, tied", { ...small, norm: "rms", activation: "silu", gated: true, tie: "target" }],
	[
		"no scale, no bias, no final norm",
		{ ...small, scaleEmbedding: false, outputBias: false, finalNorm: false },
	],
];

/** Enough to have every kind of weight. */
const trained = configs.filter(([name]) => /learned|t5|shaw|post-norm|SwiGLU/.test(name));

/** Two pairs; the first has a source of 3 and a target of BOS, 2 tokens, EOS. `more` columns of padding, filled with `pad`. */
function makeBatch(more = 0, pad = 0): Seq2SeqBatch {
	const padded = (rows: number[][], length: number): tf.Tensor2D =>
		tf.tensor2d(
			rows.map((row) => [...row, ...new Array<number>(length - row.length).fill(pad)]),
			undefined,
			"int32",
		);
	const sources = [
		[5, 3, 4],
		[2, 6, 4, 1, 6],
	];
	const targets = [
		[1, 4, 5, 2],
		[1, 6, 5, 4, 3, 2],
	];
	return {
		source: padded(sources, 5 + more),
		sourceLengths: tf.tensor1d([3, 5], "int32"),
		target: padded(targets, 6 + more),
		targetLengths: tf.tensor1d([4, 6], "int32"),
	};
}

/** Gives a model weights so large that all of it matters. */
function sharpen(model: Transformer): void {
	[...model.weights.values()].forEach((variable, i) => {
		tf.tidy(() => variable.assign(tf.mul(randomTensor(variable.shape, i + 1), 0.9)));
	});
}

describeOnEveryBackend("Transformer", () => {
	it.each(trained)("has a loss whose gradient is right for every weight: %s", (_, config) => {
		const model = new Transformer({ ...config, decoderLayers: 1 });
		sharpen(model);
		const batch = makeBatch();
		const loss = (): tf.Scalar => model.loss(batch, { labelSmoothing: 0.1 });
		const { grads } = tf.variableGrads(loss, [...model.weights.values()]);
		for (const [name, variable] of model.weights) {
			// Along the gradient the loss rises by the gradient's norm: one number that every coordinate has a part in.
			tf.tidy(() => {
				const gradient = grads[variable.name] as tf.Tensor;
				const norm = Number(tf.norm(gradient).dataSync()[0]);
				// A bias of all keys shifts the scores of a query alike, which a softmax does not see.
				if (name.endsWith("/key/bias")) {
					expect(norm, name).toBeLessThan(1e-4);
					return;
				}
				expect(norm, name).toBeGreaterThan(1e-3);
				const start = tf.clone(variable);
				const at = (shift: number): number => {
					variable.assign(tf.add(start, tf.mul(gradient, shift / norm)));
					return Number(loss().dataSync()[0]);
				};
				const numeric = (at(4e-3) - at(-4e-3)) / 8e-3;
				variable.assign(start);
				expect(Math.abs(norm - numeric), `${name} ${norm} ${numeric}`).toBeLessThan(0.02 * norm + 3e-4);
			});
		}
		tf.dispose(grads);
		tf.dispose({ ...batch });
		model.dispose();
	});

	it.each(configs)("predicts step by step what it predicts teacher-forced: %s", (_, config) => {
		const model = new Transformer(config);
		sharpen(model);
		const batch = makeBatch();
		tf.tidy(() => {
			const { result, records } = captureAttention(() => tf.logSoftmax(model.logits(batch))); // [B, T, V]
			const crossed = records.find(({ layer }) => layer === "decoder/1/cross_attention")?.weights; // [B, H, T, S]
			const looked = tf.mean(crossed as tf.Tensor4D, 1); // [B, T, S]
			let state = model.start(batch, 1, 7);
			for (let t = 0; t < 5; t++) {
				const column = <T extends tf.Tensor>(x: tf.Tensor): T =>
					tf.squeeze(tf.slice(x, [0, t], [-1, 1]), [1]) as T;
				const step = model.step(column<tf.Tensor1D>(batch.target), state);
				state = step.state;
				expectClose(step.logProbs, column(result), { atol: 2e-5, label: `step ${t}` });
				expectClose(step.alignment as tf.Tensor, column(looked), { atol: 1e-5, label: `step ${t}` });
			}
			disposeAttention(records);
		});
		tf.dispose({ ...batch });
		model.dispose();
	});

	it.each(configs)("does not see padding: %s", (_, config) => {
		const model = new Transformer(config);
		tf.tidy(() => {
			const loss = model.loss(makeBatch());
			expectClose(model.loss(makeBatch(3, 0)), loss, { atol: 1e-6 });
			expectClose(model.loss(makeBatch(3, 6)), loss, { atol: 1e-6 });
		});
		model.dispose();
	});

	it("tells a capture where every attention looked", () => {
		const model = new Transformer({ ...small, encoderLayers: 2 });
		const batch = makeBatch();
		const { result, records } = captureAttention(() => model.loss(batch));
		expect(records.map(({ layer, weights }) => `${layer} ${weights.shape}`)).toEqual([
			"encoder/0/self_attention 2,3,5,5",
			"encoder/1/self_attention 2,3,5,5",
			"decoder/0/self_attention 2,3,5,5",
			"decoder/0/cross_attention 2,3,5,5",
			"decoder/1/self_attention 2,3,5,5",
			"decoder/1/cross_attention 2,3,5,5",
		]);
		tf.tidy(() => {
			const weights = records[5]?.weights as tf.Tensor4D;
			expectClose(tf.sum(weights, 3), new Array(30).fill(1));
			expectClose(tf.slice(weights, [0, 0, 0, 3], [1, -1, -1, -1]), new Array(30).fill(0), { atol: 0 });
			expectClose(
				tf.slice(records[4]?.weights as tf.Tensor4D, [0, 0, 0, 1], [-1, -1, 1, -1]),
				new Array(24).fill(0),
				{
					atol: 0,
				},
			);
		});
		disposeAttention(records);
		tf.dispose([result, { ...batch }]);
		model.dispose();
	});

	it("drops the same numbers for the same seed, and none without", () => {
		const model = new Transformer({ ...small, dropout: 0.3, attentionDropout: 0.2 });
		const batch = makeBatch();
		tf.tidy(() => {
			const loss = (options: { trainingSeed?: number }): number =>
				Number(model.loss(batch, options).dataSync()[0]);
			expect(loss({ trainingSeed: 0 })).toBe(loss({ trainingSeed: 0 }));
			expect(loss({ trainingSeed: 0 })).not.toBe(loss({ trainingSeed: 1 }));
			expect(loss({})).toBe(loss({}));
		});
		tf.dispose({ ...batch });
		model.dispose();
	});

	it("starts with embeddings that are as large as the positions, and names its weights", () => {
		const spread = (tie: "none" | "target", scaleEmbedding: boolean): number => {
			const model = new Transformer({
				...small,
				modelDim: 64,
				numHeads: 4,
				targetVocabularySize: 97,
				tie,
				scaleEmbedding,
			});
			const table = model.weights.get("decoder/embedding") as tf.Tensor;
			const [value] = tf.tidy(() => tf.sqrt(tf.mean(tf.square(table))).dataSync());
			model.dispose();
			return Number(value);
		};
		expect(spread("none", true)).toBeCloseTo(1 / 8, 2);
		expect(spread("target", false)).toBeCloseTo(1 / 8, 2);
		expect(spread("none", false)).toBeCloseTo(1, 1);
		const all = new Transformer({ ...small, sourceVocabularySize: 7, tie: "all" });
		const names = [...all.weights.keys()];
		expect(names.filter((name) => !/\/\d\//.test(name))).toEqual([
			"embedding",
			...["encoder/norm/gamma", "encoder/norm/beta", "decoder/norm/gamma", "decoder/norm/beta"],
			"decoder/output/bias",
		]);
		expect(names).toContain("decoder/1/cross_attention/attention_output/kernel");
		all.dispose();
	});

	it("leaves nothing behind", () => {
		const model = new Transformer(small);
		const batch = makeBatch();
		expectNoLeak(() => model.loss(batch, { trainingSeed: 1 }));
		expectNoLeak(() => model.logits(batch));
		expectNoLeak(() => model.encode(batch));
		expectNoLeak(() => {
			const { value, grads } = tf.variableGrads(() => model.loss(batch), [...model.weights.values()]);
			return [value, ...Object.values(grads)];
		});
		tf.dispose({ ...batch });
		const before = tf.memory().numTensors;
		new Transformer(small).dispose();
		expect(tf.memory().numTensors).toBe(before);
		model.dispose();
	});
});
