import { captureAttention, disposeAttention } from "@heed/layers";
import { describeOnEveryBackend, expectClose, expectNoLeak, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { beamDecode } from "../decode/beam-decode.ts";
import { greedyDecode } from "../decode/greedy-decode.ts";
import { ConvSeq2Seq } from "./conv-seq2seq.ts";
import type { ConvSeq2SeqConfig } from "./conv-seq2seq-config.ts";
import type { Seq2SeqBatch } from "./seq2seq-batch.ts";

const small: ConvSeq2SeqConfig = {
	sourceVocabularySize: 11,
	targetVocabularySize: 7,
	embeddingSize: 3,
	units: 5,
	encoderLayers: 2,
	decoderLayers: 2,
	maxPositions: 13,
	seed: 4,
};
const configs: [string, ConvSeq2SeqConfig][] = [
	["kernel 3", small],
	["kernel 2, one layer", { ...small, kernelSize: 2, encoderLayers: 1, decoderLayers: 1 }],
	["kernel 4", { ...small, kernelSize: 4 }],
];

const padded = (rows: number[][], length: number, pad: number): tf.Tensor2D =>
	tf.tensor2d(
		rows.map((row) => [...row, ...new Array<number>(length - row.length).fill(pad)]),
		undefined,
		"int32",
	);

/** Two pairs, with `more` columns of padding, filled with `pad`. */
const makeBatch = (more = 0, pad = 0): Seq2SeqBatch => ({
	source: padded(
		[
			[5, 9, 4],
			[7, 8, 4, 10, 6],
		],
		5 + more,
		pad,
	),
	sourceLengths: tf.tensor1d([3, 5], "int32"),
	target: padded(
		[
			[1, 4, 5, 2],
			[1, 6, 5, 4, 3, 2],
		],
		6 + more,
		pad,
	),
	targetLengths: tf.tensor1d([4, 6], "int32"),
});

function sharpen(model: ConvSeq2Seq): void {
	[...model.weights.values()].forEach((variable, i) => {
		tf.tidy(() => variable.assign(tf.mul(randomTensor(variable.shape, i + 1), 0.6)));
	});
}

const disposeBatch = (batch: Seq2SeqBatch): void => tf.dispose({ ...batch });

describeOnEveryBackend("ConvSeq2Seq", (backend) => {
	it.each(configs)("has a loss whose gradient is right for every weight: %s", (_, config) => {
		const model = new ConvSeq2Seq(config);
		sharpen(model);
		const batch = makeBatch();
		const loss = (): tf.Scalar => model.loss(batch, { labelSmoothing: 0.1 });
		const { grads } = tf.variableGrads(loss, [...model.weights.values()]);
		for (const [name, variable] of model.weights) {
			tf.tidy(() => {
				const gradient = grads[variable.name] as tf.Tensor;
				const norm = Number(tf.norm(gradient).dataSync()[0]);
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
		const model = new ConvSeq2Seq(config);
		sharpen(model);
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
				expectClose(tf.sum(step.alignment as tf.Tensor, 1), [1, 1]);
			}
		});
		disposeBatch(batch);
		model.dispose();
	});

	it.each(configs)("does not see padding, nor what comes later: %s", (_, config) => {
		const model = new ConvSeq2Seq(config);
		sharpen(model);
		tf.tidy(() => {
			const loss = model.loss(makeBatch());
			expectClose(model.loss(makeBatch(3, 0)), loss, { atol: 1e-6 });
			expectClose(model.loss(makeBatch(3, 6)), loss, { atol: 1e-6 });
			const batch = makeBatch();
			const changed = padded(
				[
					[1, 4, 6, 2],
					[1, 6, 3, 4, 3, 2],
				],
				6,
				0,
			); // position 2 differs
			const before = (target: tf.Tensor2D): tf.Tensor =>
				tf.slice(model.logits({ ...batch, target }), [0, 0, 0], [2, 2, -1]);
			expect([...before(changed).dataSync()]).toEqual([...before(batch.target).dataSync()]);
		});
		model.dispose();
	});

	it("encodes a sentence as it would alone", () => {
		const model = new ConvSeq2Seq(small);
		sharpen(model);
		tf.tidy(() => {
			const batch = makeBatch(2);
			const [ids, lengths] = [tf.tensor2d([[5, 9, 4]], undefined, "int32"), tf.tensor1d([3], "int32")];
			const alone = model.start({ source: ids, sourceLengths: lengths }, 1).memory;
			const { keys, values, scale } = model.start(batch, 1).memory;
			expectClose(tf.slice(keys, [0, 0, 0], [1, 3, -1]), alone.keys);
			expectClose(tf.slice(values, [0, 0, 0], [1, 3, -1]), alone.values);
			expectClose(scale, [Math.sqrt(3), Math.sqrt(5)]);
		});
		model.dispose();
	});

	it("is the same model from the same seed, and from its config", () => {
		const one = new ConvSeq2Seq(small);
		const two = ConvSeq2Seq.fromConfig(JSON.parse(JSON.stringify(one.config)));
		const other = new ConvSeq2Seq({ ...small, seed: 0 });
		expect(two.config).toEqual(one.config);
		expect([...two.weights.keys()]).toEqual([...one.weights.keys()]);
		expect([...one.weights.keys()]).toContain("decoder/1/attention/query/kernel");
		for (const [name, variable] of one.weights)
			expectClose(two.weights.get(name) as tf.Tensor, variable, { atol: 0 });
		const name = "encoder/0/kernel";
		expect(other.weights.get(name)?.dataSync()).not.toEqual(one.weights.get(name)?.dataSync());
		for (const model of [one, two, other]) model.dispose();
	});

	it("drops by its seed, and tells a capture where every layer looked", () => {
		const model = new ConvSeq2Seq({ ...small, dropout: 0.4 });
		const batch = makeBatch();
		tf.tidy(() => {
			const loss = (options: object): number => Number(model.loss(batch, options).dataSync()[0]);
			expect(loss({ trainingSeed: 0 })).toBe(loss({ trainingSeed: 0 }));
			expect(loss({ trainingSeed: 0 })).not.toBe(loss({ trainingSeed: 1 }));
			expect(loss({})).not.toBe(loss({ trainingSeed: 0 }));
			const { records } = captureAttention(() => model.logits(batch));
			expect(records.map(({ layer, axes, weights }) => [layer, axes, weights.shape])).toEqual([
				["0/attention", ["batch", "query", "key"], [2, 5, 5]],
				["1/attention", ["batch", "query", "key"], [2, 5, 5]],
			]);
			const past = tf.slice(records[1]?.weights as tf.Tensor3D, [0, 0, 3], [1, -1, -1]);
			expectClose(past, new Array(10).fill(0), { atol: 0 });
			disposeAttention(records);
		});
		disposeBatch(batch);
		model.dispose();
	});

	it("leaves nothing behind, and says what is wrong", async () => {
		const model = new ConvSeq2Seq(small);
		const batch = makeBatch();
		const long = makeBatch(9);
		expectNoLeak(() => model.loss(batch));
		expectNoLeak(() => model.logits(batch));
		expectNoLeak(() => ({ ...tf.variableGrads(() => model.loss(batch), [...model.weights.values()]) }));
		expectNoLeak(() => model.loss({ ...batch, target: batch.sourceLengths as never }), { throws: true });
		expectNoLeak(() => model.loss(long), { throws: true });
		expect(() => model.loss(long)).toThrow(/ConvSeq2Seq.loss: source has 14 positions; expected at most 13/);
		expect(() => model.loss(batch, { smoothing: 1 } as never)).toThrow(/unknown option `smoothing`/);
		await expect(greedyDecode(model, batch, { maxLength: 13 })).rejects.toThrow(
			/14 steps are asked for; expected at most 13/,
		);
		const beyond = {
			...batch,
			source: padded(
				[
					[5, 11],
					[4, 4],
				],
				2,
				0,
			),
			sourceLengths: tf.tensor1d([2, 2], "int32"),
		};
		expect(() => model.loss(beyond)).toThrow(/source\[0, 1\] is 11; expected 0 to 10/);
		expect(() => model.loss({ ...batch, source: tf.zeros([2, 0], "int32") })).toThrow(/source 0\] is empty/);
		expect(() => new ConvSeq2Seq({ ...small, kernelSize: 1 })).toThrow(
			/`kernelSize` is 1; expected .* at least 2/,
		);
		expectNoLeak(() => new ConvSeq2Seq({ ...small, unit: 3 } as never).config as never, { throws: true });
		tf.dispose([{ ...beyond }, { ...long }]);
		disposeBatch(batch);
		model.dispose();
	});

	it("learns to translate two sentences, and decodes what it has learned", async () => {
		const model = new ConvSeq2Seq({ ...small, units: 12, embeddingSize: 8, seed: 1 });
		const batch = makeBatch();
		const optimizer = tf.train.adam(0.02);
		const variables = [...model.weights.values()];
		for (let step = 0; step < 40; step++) optimizer.minimize(() => model.loss(batch), false, variables);
		const before = tf.memory().numTensors;
		const greedy = await greedyDecode(model, batch, { maxLength: 6 });
		const beam = await beamDecode(model, batch, { maxLength: 6, beamSize: 3, nBest: 2 });
		expect(tf.memory().numTensors - before, `tensors left on ${backend}`).toBe(0);
		const expected = [
			[4, 5, 2],
			[6, 5, 4, 3, 2],
		];
		expect(greedy.map(({ tokens }) => tokens)).toEqual(expected);
		expect(beam.map(([first]) => first?.tokens)).toEqual(expected);
		expect(beam[0]?.[0]?.logProb).toBeCloseTo(greedy[0]?.logProb as number, 3);
		disposeBatch(batch);
		optimizer.dispose();
		model.dispose();
	});
});
