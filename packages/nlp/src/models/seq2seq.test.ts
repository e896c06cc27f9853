import { captureAttention, disposeAttention } from "@heed/layers";
import { describeOnEveryBackend, expectClose, expectNoLeak, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { beamDecode } from "../decode/beam-decode.ts";
import { greedyDecode } from "../decode/greedy-decode.ts";
import { Seq2Seq } from "./seq2seq.ts";
import type { Seq2SeqBatch } from "./seq2seq-batch.ts";
import type { Seq2SeqConfig } from "./seq2seq-config.ts";

const small: Seq2SeqConfig = {
	sourceVocabularySize: 11,
	targetVocabularySize: 7,
	embeddingSize: 3,
	units: 5,
	seed: 4,
};
const configs: [string, Seq2SeqConfig][] = [
	["Bahdanau, GRU", small],
	["Bahdanau, LSTM, 2 layers", { ...small, cell: "lstm", encoderLayers: 2, decoderLayers: 2 }],
	[
		"Luong, GRU, one direction",
		{ ...small, attention: { kind: "luong" }, bidirectional: false, decoderLayers: 2 },
	],
	[
		"Luong, LSTM, feeding",
		{ ...small, attention: { kind: "luong", scale: true }, inputFeeding: true, cell: "lstm" },
	],
	["Bahdanau, normalised", { ...small, attention: { kind: "bahdanau", units: 5, normalize: true } }],
	[
		"QRNN encoder with self-attention after each layer",
		{ ...small, encoderCell: "qrnn", encoderLayers: 2, selfAttention: { heads: 2 } },
	],
	[
		"LSTM decoder on a GRU encoder, reset before",
		{ ...small, encoderCell: "gru", cell: "lstm", resetAfter: false },
	],
	["Bahdanau asked by the current state, from zero", { ...small, attend: "afterCell", bridge: "zero" }],
];

/** Two pairs; the first has a source of 3 and a target of BOS, 2 tokens, EOS. `more` columns of padding, filled with `pad`. */
function makeBatch(more = 0, pad = 0): Seq2SeqBatch {
	const padded = (rows: number[][], length: number): tf.Tensor2D =>
		tf.tensor2d(
			rows.map((row) => [...row, ...new Array<number>(length - row.length).fill(pad)]),
			undefined,
			"int32",
		);
	return {
		source: padded(
			[
				[5, 9, 4],
				[7, 8, 4, 10, 6],
			],
			5 + more,
		),
		sourceLengths: tf.tensor1d([3, 5], "int32"),
		target: padded(
			[
				[1, 4, 5, 2],
				[1, 6, 5, 4, 3, 2],
			],
			6 + more,
		),
		targetLengths: tf.tensor1d([4, 6], "int32"),
	};
}

/** Gives a model weights so large that all of it matters. */
function sharpen(model: Seq2Seq): void {
	const scale = model.config.selfAttention === null ? 1.2 : 0.6; // else the loss bends too much for differences
	[...model.weights.values()].forEach((variable, i) => {
		tf.tidy(() => variable.assign(tf.mul(randomTensor(variable.shape, i + 1), scale)));
	});
}

const disposeBatch = (batch: Seq2SeqBatch): void => tf.dispose({ ...batch });

describeOnEveryBackend("Seq2Seq", (backend) => {
	it.each(configs)("has a loss whose gradient is right for every weight: %s", (_, config) => {
		const model = new Seq2Seq(config);
		sharpen(model);
		const batch = makeBatch();
		const loss = (): tf.Scalar => model.loss(batch, { labelSmoothing: 0.1 });
		const { grads } = tf.variableGrads(loss, [...model.weights.values()]);
		for (const [name, variable] of model.weights) {
			// Along the gradient the loss rises by the gradient's norm: one number that every coordinate has a part in.
			tf.tidy(() => {
				const gradient = grads[variable.name] as tf.Tensor;
				const norm = Number(tf.norm(gradient).dataSync()[0]);
				if (name.endsWith("attention/key/bias")) {
					expect(norm, `${name}: it moves all scores of a query alike`).toBeLessThan(1e-6);
					return;
				}
				expect(norm, name).toBeGreaterThan(2e-3);
				const start = tf.clone(variable);
				const at = (shift: number): number => {
					variable.assign(tf.add(start, tf.mul(gradient, shift / norm)));
					return Number(loss().dataSync()[0]);
				};
				const numeric = (at(1e-2) - at(-1e-2)) / 2e-2;
				variable.assign(start);
				expect(Math.abs(norm - numeric), name).toBeLessThan(0.02 * norm + 3e-5);
			});
		}
		tf.dispose(grads);
		disposeBatch(batch);
		model.dispose();
	});

	it.each(configs)("predicts step by step what it predicts teacher-forced: %s", (_, config) => {
		const model = new Seq2Seq(config);
		const batch = makeBatch();
		tf.tidy(() => {
			const forced = tf.logSoftmax(model.logits(batch)); // [B, T − 1, V]
			let state = model.start(batch, 1);
			for (let t = 0; t < 5; t++) {
				const tokens = tf.reshape(tf.slice(batch.target, [0, t], [-1, 1]), [2]) as tf.Tensor1D;
				const step = model.step(tokens, state);
				state = step.state;
				expectClose(step.logProbs, tf.squeeze(tf.slice(forced, [0, t, 0], [-1, 1, -1]), [1]), {
					label: `step ${t}`,
				});
			}
		});
		disposeBatch(batch);
		model.dispose();
	});

	it.each(configs)("does not see padding: %s", (_, config) => {
		const model = new Seq2Seq(config);
		tf.tidy(() => {
			const loss = model.loss(makeBatch());
			expectClose(model.loss(makeBatch(3, 0)), loss, { atol: 1e-6 });
			expectClose(model.loss(makeBatch(3, 6)), loss, { atol: 1e-6 });
		});
		model.dispose();
	});

	it("is the same model from the same seed, and from its config", () => {
		const [one, two, other] = [
			new Seq2Seq(small),
			Seq2Seq.fromConfig(new Seq2Seq(small).config),
			new Seq2Seq({ ...small, seed: 0 }),
		];
		expect(two.config).toEqual(one.config);
		expect(JSON.parse(JSON.stringify(one.config))).toEqual(one.config);
		expect([...two.weights.keys()]).toEqual([...one.weights.keys()]);
		for (const [name, variable] of one.weights)
			expectClose(two.weights.get(name) as tf.Tensor, variable, { atol: 0 });
		expect(other.weights.get("encoder/embedding")?.dataSync()).not.toEqual(
			one.weights.get("encoder/embedding")?.dataSync(),
		);
	});

	it("names its weights", () => {
		const names = [...new Seq2Seq(small).weights.keys()];
		expect(names).toContain("encoder/0/backward/recurrentKernel");
		expect(names).toContain("decoder/attention/score/kernel");
		expect(names).toContain("decoder/bridge/0/hidden/kernel");
		expect(new Set(names).size).toBe(names.length);
	});

	it("drops the same numbers for the same seed, and none without", () => {
		const model = new Seq2Seq({ ...small, dropout: 0.5 });
		const batch = makeBatch();
		tf.tidy(() => {
			const loss = (options: { trainingSeed?: number }): number =>
				Number(model.loss(batch, options).dataSync()[0]);
			expect(loss({ trainingSeed: 0 })).toBe(loss({ trainingSeed: 0 }));
			expect(loss({ trainingSeed: 0 })).not.toBe(loss({ trainingSeed: 1 }));
			expect(loss({})).toBe(loss({}));
		});
		disposeBatch(batch);
		model.dispose();
	});

	it.each(configs)("tells a capture where it looked: %s", (_, config) => {
		const model = new Seq2Seq(config);
		const batch = makeBatch();
		const { result, records } = captureAttention(() => model.loss(batch));
		const ownLayers = config.selfAttention ? Number(config.encoderLayers) : 0;
		expect(records.map(({ axes, weights }) => [axes, weights.shape])).toEqual([
			...new Array(ownLayers).fill([
				["batch", "heads", "query", "key"],
				[2, config.selfAttention?.heads, 5, 5],
			]),
			[
				["batch", "query", "key"],
				[2, 5, 5],
			],
		]);
		tf.tidy(() => {
			const weights = records[ownLayers]?.weights as tf.Tensor3D;
			expectClose(tf.sum(weights, 2), new Array(10).fill(1));
			expectClose(tf.slice(weights, [0, 0, 3], [1, -1, -1]), new Array(10).fill(0));
		});
		disposeAttention(records);
		result.dispose();
		disposeBatch(batch);
		model.dispose();
	});

	it("leaves nothing behind, and says what is wrong", () => {
		const model = new Seq2Seq(small);
		const batch = makeBatch();
		expectNoLeak(() => model.loss(batch));
		expectNoLeak(() => model.logits(batch));
		expectNoLeak(
			() => model.loss({ ...batch, target: batch.source as never, targetLengths: batch.source as never }),
			{ throws: true },
		);
		expect(() => model.loss({ ...batch, sourceLengths: batch.source as never })).toThrow(
			/Seq2Seq.loss: sourceLengths/,
		);
		expect(() => model.loss(batch, { smoothing: 0.1 } as never)).toThrow(/unknown option `smoothing`/);
		expect(() => new Seq2Seq({ ...small, units: 1.5 })).toThrow(
			"Seq2Seq: `units` is 1.5; expected a whole number",
		);
		expect(() => new Seq2Seq({ ...small, inputFeeding: true })).toThrow(
			/`inputFeeding` is true with `attend` 'beforeCell'/,
		);
		expect(() => new Seq2Seq({ ...small, unit: 3 } as never)).toThrow(/unknown option `unit`/);
		const luong = { kind: "luong", halfWidth: 3 };
		expect(() => new Seq2Seq({ ...small, attention: luong } as never)).toThrow(
			/'luong': unknown option `halfWidth`/,
		);
		disposeBatch(batch);
		model.dispose();
	});

	it("learns to reverse a sequence, and decodes what it has learned", async () => {
		const model = new Seq2Seq({ ...small, units: 12, embeddingSize: 8, seed: 1 });
		const batch = makeBatch();
		const optimizer = tf.train.adam(0.03);
		const variables = [...model.weights.values()];
		for (let step = 0; step < 40; step++) optimizer.minimize(() => model.loss(batch), false, variables);
		const before = tf.memory().numTensors;
		const greedy = await greedyDecode(model, batch, { maxLength: 6 });
		const beam = await beamDecode(model, batch, { maxLength: 6, beamSize: 3, nBest: 2 });
		expect(tf.memory().numTensors - before, `tensors left on ${backend}`).toBe(0);
		expect(greedy.map(({ tokens }) => tokens)).toEqual([
			[4, 5, 2],
			[6, 5, 4, 3, 2],
		]);
		expect(beam.map(([first]) => first?.tokens)).toEqual([
			[4, 5, 2],
			[6, 5, 4, 3, 2],
		]);
		expect(greedy[0]?.alignment?.length).toBe(3 * 5);
		disposeBatch(batch);
		optimizer.dispose();
		model.dispose();
	});
});
