import { batchOrder, hashText, type Vocabulary } from "@heed/nlp";
import { type BatchSource, exampleBatches } from "@heed/train";
import { type CaptionBatch, type CaptionedPicture, toCaptionBatch } from "./model/caption-batch.ts";
import type { Picture } from "./pictures/picture.ts";

/** Runs of so many batches are sorted by length, so that captions of a batch need little padding. */
const bucketBatches = 20;

/** How pictures become batches. */
export interface PictureBatchesOptions {
	readonly vocabulary: Vocabulary;
	readonly batchSize: number;
	/** Longer captions are cut, in words. */
	readonly maxLength: number;
}

/** The batches of a training: in each epoch every picture once, in another order and with one of its captions by chance. */
export function trainingBatches(
	pictures: readonly Picture[],
	options: PictureBatchesOptions,
): BatchSource<CaptionBatch> {
	const { batchSize } = options;
	const known: { key: string; examples: CaptionedPicture[]; order: number[][] } = {
		key: "",
		examples: [],
		order: [],
	};
	const epochOf = (seed: number, epoch: number): typeof known => {
		const key = `${seed} ${epoch}`;
		if (known.key === key) return known;
		const examples = pictures.map((picture, row) =>
			captioned(picture, hashText(`caption ${epoch} ${row}`, seed) % picture.captions.length, options),
		);
		const lengths = examples.map(({ ids }) => ids.length);
		return Object.assign(known, {
			key,
			examples,
			order: batchOrder(lengths, { batchSize, seed, epoch, bucketBatches }),
		});
	};
	return {
		batches: Math.ceil(pictures.length / batchSize),
		size: ({ seed, epoch, index }) => epochOf(seed, epoch).order[index]?.length ?? 0,
		batch: ({ seed, epoch, index }) => {
			const { examples, order } = epochOf(seed, epoch);
			return toCaptionBatch((order[index] ?? []).map((row) => examples[row] as CaptionedPicture));
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
		makeBatch: (rows) =>
			toCaptionBatch(Array.from(rows, (row) => captioned(pictures[row] as Picture, 0, options))),
	});
}

function captioned(
	picture: Picture,
	caption: number,
	{ vocabulary, maxLength }: PictureBatchesOptions,
): CaptionedPicture {
	const words = (picture.captions[caption] ?? "").split(" ").slice(0, maxLength);
	return { picture, ids: vocabulary.encode(words, { bos: true, eos: true }) };
}
