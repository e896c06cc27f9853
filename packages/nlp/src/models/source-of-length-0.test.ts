import { HeedError } from "@heed/core";
import { describeOnEveryBackend, expectClose } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { beamDecode } from "../decode/beam-decode.ts";
import { greedyDecode } from "../decode/greedy-decode.ts";
import type { Hypothesis } from "../decode/hypothesis.ts";
import { ConvSeq2Seq } from "./conv-seq2seq.ts";
import { Seq2Seq } from "./seq2seq.ts";
import type { Seq2SeqBatch } from "./seq2seq-batch.ts";
import type { Seq2SeqConfig } from "./seq2seq-config.ts";

const small = { sourceVocabularySize: 7, targetVocabularySize: 7, embeddingSize: 3, units: 5, seed: 3 };
const recurrent = (more: Partial<Seq2SeqConfig>) => () => new Seq2Seq({ ...small, ...more });
const models = Object.entries({
	"Seq2Seq, Bahdanau": recurrent({}),
	"Seq2Seq, Luong, LSTM after QRNN": recurrent({
		attention: { kind: "luong" },
		cell: "lstm",
		encoderCell: "qrnn",
	}),
	"Seq2Seq, self-attention, that copies": recurrent({ copy: true, selfAttention: { heads: 2 } }),
	ConvSeq2Seq: () => new ConvSeq2Seq({ ...small, encoderLayers: 1, decoderLayers: 2, maxPositions: 7 }),
}) as [string, () => Seq2Seq | ConvSeq2Seq][];

/** Two pairs; the second source is empty, and padded with `pad`. */
function makeBatch(pad: number, rows: readonly number[] = [0, 1]): Seq2SeqBatch {
	const pick = (values: number[][]): tf.Tensor2D =>
		tf.tensor2d(
			rows.map((row) => values[row] as number[]),
			undefined,
			"int32",
		);
	const lengths = (values: number[]): tf.Tensor1D =>
		tf.tensor1d(
			rows.map((row) => values[row] as number),
			"int32",
		);
	return {
		source: pick([[5, 6, 4]].concat([[pad, pad, pad]])),
		sourceLengths: lengths([3, 0]),
		target: pick([[1, 4, 3, 2]].concat([[1, 3, 2, 0]])),
		targetLengths: lengths([4, 3]),
	};
}

describeOnEveryBackend("a source of length 0", () => {
	it.each(models)("is one that nothing is known of: %s", async (_, make) => {
		const model = make();
		const [batch, other, alone] = [makeBatch(0), makeBatch(5), makeBatch(0, [0])];
		const numbers = (x: tf.Tensor): number[] => [...x.dataSync()];
		tf.tidy(() => {
			const [first, second] = tf.split(model.logits(batch), 2) as [tf.Tensor, tf.Tensor];
			expectClose(first, model.logits(alone), { atol: 1e-6 });
			expect(numbers(tf.split(model.logits(other), 2)[1] as tf.Tensor)).toEqual(numbers(second));
			expect(Number.isFinite(model.loss(batch).dataSync()[0])).toBe(true);
			const { grads } = tf.variableGrads(() => model.loss(batch), [...model.weights.values()]);
			for (const [name, slope] of Object.entries(grads)) {
				expect(numbers(slope).every(Number.isFinite), name).toBe(true);
			}
		});
		const decode = async (given: Seq2SeqBatch): Promise<(Hypothesis | undefined)[][]> => {
			const beams = await beamDecode(model as Seq2Seq, given, { maxLength: 3, beamSize: 2 });
			return [await greedyDecode(model as Seq2Seq, given, { maxLength: 3 }), beams.map(([best]) => best)];
		};
		const [found, same, expected] = [await decode(batch), await decode(other), await decode(alone)];
		found.forEach(([first, second], i) => {
			expect(first?.tokens).toEqual(expected[i]?.[0]?.tokens);
			expect(second?.tokens.length).toBeGreaterThan(0);
			expect(second?.logProb).toBeLessThan(0);
			expect(second).toEqual(same[i]?.[1]);
			expect([...(second?.alignment ?? [Number.NaN])].every((weight) => weight === 0)).toBe(true);
		});
		for (const given of [batch, other, alone]) tf.dispose({ ...given } as never);
		model.dispose();
	});

	it.each(models)("is refused where all are, since there is nothing to hold: %s", async (_, make) => {
		const model = make();
		const { source, sourceLengths, ...target } = makeBatch(0);
		const empty = { source: tf.zeros<tf.Rank.R2>([2, 0], "int32"), sourceLengths, ...target };
		const message = "source [batch 2, source 0] is empty; expected at least source 1.";
		const before = tf.memory().numTensors;
		for (const call of [() => model.loss(empty), () => model.logits(empty), () => model.start(empty, 1)]) {
			expect(call).toThrow(message);
			expect(call).toThrow(HeedError);
		}
		const greedy = greedyDecode(model as Seq2Seq, empty, { maxLength: 3 });
		await expect(greedy).rejects.toThrow(message);
		await expect(beamDecode(model as Seq2Seq, empty, { maxLength: 3, beamSize: 2 })).rejects.toThrow(message);
		expect(tf.memory().numTensors).toBe(before);
		tf.dispose([source, { ...empty }]);
		model.dispose();
	});
});
