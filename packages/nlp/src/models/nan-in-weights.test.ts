import { HeedError } from "@heed/core";
import { describeOnEveryBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { beamDecode } from "../decode/beam-decode.ts";
import { greedyDecode } from "../decode/greedy-decode.ts";
import type { StepDecoder } from "../decode/step-decoder.ts";
import { BertEncoder } from "./bert-encoder.ts";
import { ConvSeq2Seq } from "./conv-seq2seq.ts";
import { DecoderLM } from "./decoder-lm.ts";
import { Seq2Seq } from "./seq2seq.ts";
import { Transformer } from "./transformer.ts";

const pairs = { sourceVocabularySize: 7, targetVocabularySize: 5, seed: 3 };
const blocks = { modelDim: 4, numHeads: 2, hiddenDim: 3, seed: 3 };
const block = { ...blocks, vocabularySize: 5, layers: 1, tieOutput: false };
const layers = { encoderLayers: 1, decoderLayers: 1 };
const recurrent = { ...pairs, ...layers, embeddingSize: 3, units: 2 };
const ids = (rows: number[][]): tf.Tensor2D => tf.tensor2d(rows, undefined, "int32");
const lengths = (values: number[]): tf.Tensor1D => tf.tensor1d(values, "int32");

/** Only the first source has a 6, only the first text a 4. */
const makeBatch = () => ({
	source: ids([[5, 6, 4]].concat([[4, 5, 0]])),
	sourceLengths: lengths([3, 2]),
	target: ids([[1, 4, 3, 2]].concat([[1, 3, 2, 0]])),
	targetLengths: lengths([4, 3]),
});
type Batch = ReturnType<typeof makeBatch>;
const texts = ({ target, targetLengths }: Batch) => ({ ids: target, lengths: targetLengths });

interface Model {
	readonly weights: ReadonlyMap<string, tf.Variable>;
	dispose(): void;
}
interface Case<M> {
	make(): M;
	loss(model: M, batch: Batch): tf.Scalar;
	/** What it computes of each row, `[batch, …]`. */
	rows(model: M, batch: Batch): tf.Tensor;
	/** What it decodes from: not of a model that decodes nothing. */
	source?(batch: Batch): unknown;
	/** The table that the rows are looked up in, and an id that only the first row has. */
	readonly table: [name: string, id: number];
}

const translator = <M extends Seq2Seq | ConvSeq2Seq | Transformer>(make: () => M): Case<M> => ({
	make,
	loss: (model, batch) => model.loss(batch),
	rows: (model, batch) => model.logits(batch),
	source: (batch) => batch,
	table: ["encoder/embedding", 6],
});
const writer = (make: () => DecoderLM): Case<DecoderLM> => ({
	make,
	loss: (model, batch) => model.loss(texts(batch)),
	rows: (model, { target }) => model.logits(target),
	source: () => ({ prompts: [[1, 4], [3]] }),
	table: ["embedding", 4],
});
const bert: Case<BertEncoder> = {
	make: () =>
		new BertEncoder({
			...blocks,
			vocabularySize: 5,
			layers: 1,
			maxLength: 9,
			tokenClasses: 5,
			textClasses: 3,
		}),
	loss: (model, batch) => {
		const token = model.tokenLoss({ ...texts(batch), labels: batch.target });
		return tf.add(token, model.textLoss({ ...texts(batch), labels: lengths([0, 2]) }));
	},
	rows: (model, batch) => tf.concat([model.textLogits(texts(batch)), model.pooled(texts(batch))], 1),
	table: ["embedding", 4],
};

const cases = Object.entries({
	"Seq2Seq, GRU": translator(() => new Seq2Seq(recurrent)),
	"Seq2Seq, LSTM after QRNN": translator(
		() => new Seq2Seq({ ...recurrent, cell: "lstm", encoderCell: "qrnn", attention: { kind: "luong" } }),
	),
	ConvSeq2Seq: translator(() => new ConvSeq2Seq({ ...pairs, ...layers, embeddingSize: 3, units: 2 })),
	Transformer: translator(() => new Transformer({ ...pairs, ...blocks, ...layers })),
	DecoderLM: writer(() => new DecoderLM({ ...block, maxLength: 9, activation: "relu" })),
	BertEncoder: bert,
}) as [string, Case<Model>][];

type Search = (model: StepDecoder<unknown, never>, source: unknown) => Promise<unknown>;
const greedily: Search = (model, source) => greedyDecode(model, source, { maxLength: 3 });
const withBeams: Search = (model, source) => beamDecode(model, source, { maxLength: 3, beamSize: 2 });

describeOnEveryBackend("NaN in the weights", () => {
	it.each(cases)("spoils every log-probability of a step, or the loss: %s", (_, given) => {
		const model = given.make();
		const batch = makeBatch();
		const spoilt = (): tf.Tensor => {
			if (given.source === undefined) return given.loss(model, batch);
			const decoder = model as unknown as StepDecoder<unknown, never>;
			return decoder.step(lengths([1, 1]), decoder.start(given.source(batch), 1, 1)).logProbs;
		};
		for (const [name, variable] of model.weights) {
			tf.tidy(() => {
				const before = tf.clone(variable);
				variable.assign(tf.fill(variable.shape, Number.NaN));
				expect([...spoilt().dataSync()].every(Number.isNaN), name).toBe(true);
				variable.assign(before);
			});
		}
		tf.dispose({ ...batch });
		model.dispose();
	});

	it.each(cases)(
		"stays in the rows that look it up, whose loss is NaN and which no search answers: %s",
		async (_, given) => {
			const model = given.make();
			const batch = makeBatch();
			const rows = (): tf.Tensor[] => tf.tidy(() => tf.split(given.rows(model, batch), 2));
			const sound = rows();
			tf.tidy(() => {
				const [name, id] = given.table;
				const table = model.weights.get(name) as tf.Variable;
				const [count, size] = table.shape as [number, number];
				const isSpoilt = tf.tile(tf.reshape(tf.equal(tf.range(0, count), id), [count, 1]), [1, size]);
				table.assign(tf.where(isSpoilt, tf.fill([count, size], Number.NaN), table));
			});
			const spoilt = rows();
			expect([...(spoilt[0] as tf.Tensor).dataSync()].some(Number.isNaN)).toBe(true);
			expect([...(spoilt[1] as tf.Tensor).dataSync()]).toEqual([...(sound[1] as tf.Tensor).dataSync()]);
			tf.tidy(() => {
				expect(given.loss(model, batch).dataSync()[0]).toBeNaN();
			});
			const before = tf.memory().numTensors;
			for (const decode of given.source ? [greedily, withBeams] : []) {
				const decoded = decode(model as never, given.source?.(batch));
				await expect(decoded).rejects.toThrow(
					"every log-probability of step 0 is NaN. Look for NaN in the weights",
				);
				await expect(decoded).rejects.toThrow(HeedError);
				expect(tf.memory().numTensors).toBe(before);
			}
			tf.dispose([sound, spoilt, { ...batch }]);
			model.dispose();
		},
	);
});
