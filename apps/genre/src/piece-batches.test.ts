import { Vocabulary } from "@heed/nlp";
import { describeOnEveryBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { costOf, toDocumentBatch, trainingBatches, validationBatches } from "./piece-batches.ts";

const pieces = [
	{ sentences: [[4, 5, 6], [7]], label: 1 },
	{ sentences: [[8, 9]], label: 0 },
	{ sentences: [[10], [11], [12, 13]], label: 2 },
];
const texts = pieces.map(({ sentences }) => sentences);

describeOnEveryBackend("batches of pieces", () => {
	it("fill sentences and pieces up", () => {
		const { tokens, wordLengths, sentenceLengths } = toDocumentBatch(texts, false);
		expect(tokens.arraySync()).toEqual([
			[
				[4, 5, 6],
				[7, 0, 0],
				[0, 0, 0],
			],
			[
				[8, 9, 0],
				[0, 0, 0],
				[0, 0, 0],
			],
			[
				[10, 0, 0],
				[11, 0, 0],
				[12, 13, 0],
			],
		]);
		expect(wordLengths.arraySync()).toEqual([
			[3, 1, 0],
			[2, 0, 0],
			[1, 1, 2],
		]);
		expect([...(sentenceLengths?.dataSync() ?? [])]).toEqual([2, 1, 3]);
		tf.dispose([tokens, wordLengths, sentenceLengths ?? []]);
	});

	it("are plain words where there are no sentences", () => {
		const batch = toDocumentBatch(texts, true);
		expect(batch.tokens.arraySync()).toEqual([
			[4, 5, 6, 7],
			[8, 9, 0, 0],
			[10, 11, 12, 13],
		]);
		expect(batch.wordLengths.arraySync()).toEqual([4, 2, 4]);
		expect(batch.sentenceLengths).toBeUndefined();
		tf.dispose({ ...batch });
	});

	it("cost what they are padded to", () => {
		expect(texts.map((sentences) => costOf(sentences, false))).toEqual([3, 2, 2]);
		expect(texts.map((sentences) => costOf(sentences, true))).toEqual([4, 2, 4]);
		expect(costOf([], false)).toBe(0);
	});

	it("hold every piece once, in an order of the seed and the epoch, each with its label", async () => {
		const source = trainingBatches(pieces, { batchSize: 2, flat: true, wordDropout: 0 });
		expect(source.batches).toBe(2);
		const labelsOf = async (epoch: number, seed = 3): Promise<number[]> => {
			const labels: number[] = [];
			for (let index = 0; index < source.batches; index++) {
				const batch = await source.batch({ epoch, index, seed });
				expect(batch.labels.size).toBe(source.size({ epoch, index, seed }));
				const first = batch.tokens.arraySync() as number[][];
				const own = [...batch.labels.dataSync()];
				for (const [row, label] of own.entries()) {
					expect(first[row]?.[0]).toBe(pieces.find((piece) => piece.label === label)?.sentences[0]?.[0]);
				}
				labels.push(...own);
				tf.dispose({ ...batch });
			}
			return labels;
		};
		const epochs = [await labelsOf(0), await labelsOf(1), await labelsOf(2), await labelsOf(3)];
		for (const labels of epochs) expect([...labels].sort()).toEqual([0, 1, 2]);
		expect(new Set(epochs.map(String)).size).toBeGreaterThan(1);
		expect(await labelsOf(0)).toEqual(epochs[0]);

		const validation = validationBatches(pieces, { batchSize: 2, flat: true });
		const batch = await validation.batch({ epoch: 5, index: 0, seed: 9 });
		expect([...batch.labels.dataSync()]).toEqual([0, 1]); // the shortest first
		tf.dispose({ ...batch });
	});

	it("read some words as unknown, others in every epoch, the same ones every time", async () => {
		const many = [{ label: 0, sentences: [Array.from({ length: 1000 }, (_, i) => 4 + i)] }];
		const source = trainingBatches(many, { batchSize: 1, flat: true, wordDropout: 0.3 });
		const unknown = async (epoch: number): Promise<number[]> => {
			const batch = await source.batch({ epoch, index: 0, seed: 0 });
			const ids = [...batch.tokens.dataSync()];
			tf.dispose({ ...batch });
			return ids.flatMap((id, place) => (id === Vocabulary.unk ? [place] : []));
		};
		const first = await unknown(0);
		expect(first.length).toBeGreaterThan(240);
		expect(first.length).toBeLessThan(360);
		expect(await unknown(0)).toEqual(first);
		expect(await unknown(1)).not.toEqual(first);
		const validation = await validationBatches(many, { batchSize: 1, flat: true }).batch({
			epoch: 0,
			index: 0,
			seed: 0,
		});
		expect([...validation.tokens.dataSync()]).toEqual(many[0]?.sentences[0]);
		tf.dispose({ ...validation });
	});
});
