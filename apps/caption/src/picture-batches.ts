import { hashText, type Vocabulary } from "@heed/nlp";
import { type BatchSource, exampleBatches } from "@heed/train";
import { type CaptionBatch, toCaptionBatch } from "./model/caption-batch.ts";
import type { Picture } from "./pictures/picture.ts";

/** How pictures become batches. */
export interface PictureBatchesOptions {
	readonly vocabulary: Vocabulary;
	readonly batchSize: number;
	/** Longer captions are cut. */
	readonly maxLength: number;
}

/** The batches of a training: in each epoch every picture once, in another order and with one of its captions by chance. */
export function trainingBatches(
	pictures: readonly Picture[],
	options: PictureBatchesOptions,
): BatchSource<CaptionBatch> {
	const order = exampleBatches({
		examples: pictures.length,
		batchSize: options.batchSize,
		makeBatch: (rows) => rows,
	});
	return {
		batches: order.batches,
		size: order.size,
		batch: async (place) => {
			const { seed, epoch } = place;
			const choose = (row: number, count: number): number =>
				hashText(`caption ${epoch} ${row}`, seed) % count;
			return toBatch(pictures, await order.batch(place), options, choose);
		},
	};
}

/** The batches of a validation: every picture with the first of its captions. */
export function validationBatches(
	pictures: readonly Picture[],
	options: PictureBatchesOptions,
): BatchSource<CaptionBatch> {
	return exampleBatches({
		examples: pictures.length,
		batchSize: options.batchSize,
		shuffle: false,
		makeBatch: (rows) => toBatch(pictures, rows, options, () => 0),
	});
}

function toBatch(
	pictures: readonly Picture[],
	rows: Int32Array,
	{ vocabulary, maxLength }: PictureBatchesOptions,
	choose: (row: number, count: number) => number,
): CaptionBatch {
	const examples = Array.from(rows, (row) => {
		const picture = pictures[row] as Picture;
		const caption = picture.captions[choose(row, picture.captions.length)] ?? "";
		const words = caption.split(" ").slice(0, maxLength);
		return { picture, ids: vocabulary.encode(words, { bos: true, eos: true }) };
	});
	return toCaptionBatch(examples);
}
