import { HeedError } from "@heed/core";
import { describeOnEveryBackend, expectNoLeak } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { greedyDecode } from "../decode/greedy-decode.ts";
import { Seq2Seq } from "./seq2seq.ts";
import type { Seq2SeqBatch } from "./seq2seq-batch.ts";
import type { Seq2SeqConfig } from "./seq2seq-config.ts";

const small: Seq2SeqConfig = {
	sourceVocabularySize: 11,
	targetVocabularySize: 7,
	embeddingSize: 3,
	units: 5,
};

const ids = (rows: number[][]): tf.Tensor2D =>
	tf.tensor2d(rows, [rows.length, rows[0]?.length ?? 0], "int32");
const lengths = (values: number[]): tf.Tensor1D => tf.tensor1d(values, "int32");

/** Two good pairs, and what is wrong instead. */
const makeBatch = (wrong: Partial<Record<keyof Seq2SeqBatch, tf.Tensor | undefined>> = {}): Seq2SeqBatch =>
	({
		source: ids([
			[5, 9, 4],
			[7, 10, 0],
		]),
		sourceLengths: lengths([3, 2]),
		target: ids([
			[1, 4, 6, 2],
			[1, 3, 2, 0],
		]),
		targetLengths: lengths([4, 3]),
		...wrong,
	}) as Seq2SeqBatch;

const wrongs: [string, () => Partial<Record<keyof Seq2SeqBatch, tf.Tensor | undefined>>, string][] = [
	[
		"source",
		() => ({
			source: ids([
				[5, 9, 4],
				[7, 11, 0],
			]),
		}),
		"source[1, 1] is 11; expected 0 to 10, by the source vocabulary",
	],
	[
		"source",
		() => ({
			source: ids([
				[5, -1, 4],
				[7, 10, 0],
			]),
		}),
		"source[0, 1] is -1",
	],
	[
		"target",
		() => ({
			target: ids([
				[1, 4, 6, 2],
				[1, 3, 2, 7],
			]),
		}),
		"target[1, 3] is 7; expected 0 to 6, by the target vocabulary",
	],
	[
		"lengths",
		() => ({ sourceLengths: lengths([3, 4]) }),
		"sourceLengths[1] is 4; expected 0 to 3, by the width of source",
	],
	["lengths", () => ({ targetLengths: lengths([5, 3]) }), "targetLengths[0] is 5; expected 0 to 4"],
	["no lengths", () => ({ sourceLengths: undefined }), "`sourceLengths` is undefined; expected a tensor"],
	["width", () => ({ source: ids([[], []]) }), "source [batch 2, source 0] is empty"],
	["batch", () => ({ source: ids([]) }), "source [batch 0, source 0]"],
	["target", () => ({ target: ids([[1], [1]]) }), "target has length 1; expected at least 2"],
];

describeOnEveryBackend("what a Seq2Seq refuses", () => {
	it.each(wrongs)("a batch with a wrong %s", async (_, wrong, message) => {
		const model = new Seq2Seq(small);
		const made = wrong();
		const batch = makeBatch({ ...made });
		const { sourceLengths } = batch;
		// An empty source has no lengths either.
		const fitting = batch.source.shape[0] === 0 ? { ...batch, sourceLengths: lengths([]) } : batch;
		expect(() => model.loss(fitting)).toThrow(message);
		expect(() => model.loss(fitting)).toThrow(HeedError);
		expectNoLeak(() => model.loss(fitting), { throws: true });
		expectNoLeak(() => tf.variableGrads(() => model.loss(fitting), [...model.weights.values()]).grads, {
			throws: true,
		});
		if ("source" in made || "sourceLengths" in made) {
			const before = tf.memory().numTensors;
			await expect(greedyDecode(model, fitting, { maxLength: 3 })).rejects.toThrow(message);
			expect(tf.memory().numTensors).toBe(before);
		}
		tf.dispose([{ ...fitting }, sourceLengths]);
		model.dispose();
	});

	it("tokens beyond the vocabulary, and numbers that are none", async () => {
		const model = new Seq2Seq(small);
		const batch = makeBatch();
		await expect(greedyDecode(model, batch, { maxLength: 3, bos: 7 })).rejects.toThrow(
			"greedyDecode: `bos` is 7; expected a whole number at least 0 and at most 6",
		);
		expect(() => tf.tidy(() => void model.step(lengths([3, 7]), model.start(batch, 1)))).toThrow(
			"tokens[1] is 7",
		);
		expect(() => model.start(batch, 0)).toThrow("`beams` is 0");
		expect(() => model.loss(batch, { labelSmoothing: 2 })).toThrow("`labelSmoothing` is 2");
		expect(() => model.loss(batch, { trainingSeed: -1 })).toThrow("`trainingSeed` is -1");
		tf.dispose({ ...batch });
		model.dispose();
	});

	it.each([
		[{ kind: "hard", units: 3 }, true],
		[{ kind: "hard", units: 3, estimator: "straightThrough" }, true],
		[{ kind: "monotonic", units: 3 }, true],
		[{ kind: "monotonic", units: 3, mode: "hard" }, false], // whoever says so wants it
		[{ kind: "monotonic", units: 3, mode: "parallel" }, false],
		[{ kind: "gaussian" }, false],
	] as const)("the gradient of what is likeliest, not its loss: %o", (attention, refused) => {
		const model = new Seq2Seq({ ...small, attention });
		const batch = makeBatch();
		const slopes = (loss: () => tf.Tensor) => (): tf.Tensor[] => {
			const { value, grads } = tf.variableGrads(() => tf.mean(loss()), [...model.weights.values()]);
			return [value, ...Object.values(grads)];
		};
		const [loss, logits] = [slopes(() => model.loss(batch)), slopes(() => model.logits(batch))];
		if (refused) {
			const message = `Seq2Seq.loss: a gradient is computed without a seed, where attention of kind '${attention.kind}'`;
			expect(loss).toThrow(message);
			expect(loss).toThrow("Give `trainingSeed`, a whole number");
			expect(logits).toThrow("Train with `loss` and a `trainingSeed`");
			for (const call of [loss, logits]) expectNoLeak(call, { throws: true });
		} else tf.dispose([loss(), logits()]);
		expectNoLeak(() => [model.loss(batch), model.logits(batch)]);
		tf.dispose(slopes(() => model.loss(batch, { trainingSeed: 0 }))());
		tf.dispose({ ...batch });
		model.dispose();
	});

	it.each([
		[null, "the options are null"],
		[{ ...small, bidirectional: "false" }, '`bidirectional` is "false"; expected true or false'],
		[{ ...small, attend: "afterCell", inputFeeding: 1 }, "`inputFeeding` is 1; expected true or false"],
		[{ ...small, encoderCell: "rnn" }, "`encoderCell`"],
		[
			{ ...small, cell: "lstm", resetAfter: false },
			"`resetAfter` is false, which goes with `cell` 'gru' alone",
		],
		[{ ...small, selfAttention: { heads: 7 } }, "`selfAttention.heads` is 7, which does not divide"],
		[{ ...small, attention: "luong" }, "`attention` is luong; expected an object"],
		[{ ...small, attention: { kind: "bahdanau", units: 0 } }, "`units` is 0"],
		[{ ...small, attention: { kind: "luong", scale: "yes" } }, '`scale` is "yes"'],
		[{ ...small, attention: { kind: "luong", seed: 3 } }, "unknown option `seed`"],
	])("the config %j, before it makes a weight", (config, message) => {
		const make = (): Seq2Seq => Seq2Seq.fromConfig(config as never);
		expect(make).toThrow(message);
		expect(make).toThrow(HeedError);
		expectNoLeak(() => [...make().weights.values()], { throws: true });
	});

	it("nothing where an option is undefined", () => {
		const options = {
			dropout: undefined,
			seed: undefined,
			cell: undefined,
			attention: undefined,
			units: undefined,
		};
		const plain = { sourceVocabularySize: 11, targetVocabularySize: 7 };
		const [model, expected] = [new Seq2Seq({ ...plain, ...options }), new Seq2Seq(plain)];
		expect(model.config).toEqual(expected.config);
		model.dispose();
		expected.dispose();
	});
});
