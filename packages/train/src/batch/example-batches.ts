import { checkNumber, checkOptions } from "@heed/core";
import { seededOrder } from "../random/seeded-order.ts";
import type { BatchPlace, BatchSource } from "./batch-source.ts";

/** The options of {@link exampleBatches}. */
export interface ExampleBatchesOptions<Batch> {
	/** How many examples there are. */
	readonly examples: number;
	/** Examples per batch; the last batch of an epoch may be smaller. */
	readonly batchSize: number;
	/** Makes the batch of some examples, given by their numbers in 0 … examples - 1. */
	readonly makeBatch: (examples: Int32Array) => Batch | Promise<Batch>;
	/** Another order in every epoch. Default true; false for validation. */
	readonly shuffle?: boolean;
	/** Leave out a last batch that is not full. Default false. */
	readonly dropLast?: boolean;
}

/** Batches of examples that are dealt out anew in every epoch, each example once. */
export function exampleBatches<Batch>(options: ExampleBatchesOptions<Batch>): BatchSource<Batch> {
	const where = "exampleBatches";
	checkOptions(where, options, ["examples", "batchSize", "makeBatch", "shuffle", "dropLast"]);
	const { examples, batchSize, makeBatch, shuffle = true, dropLast = false } = options;
	checkNumber(where, "batchSize", batchSize, { integer: true, min: 1 });
	checkNumber(where, "examples", examples, { integer: true, min: dropLast ? batchSize : 1 });
	const order = orderOfEpoch(examples, shuffle);
	const size = ({ index }: BatchPlace): number => Math.min(batchSize, examples - index * batchSize);
	return {
		batches: dropLast ? Math.floor(examples / batchSize) : Math.ceil(examples / batchSize),
		size,
		batch: (place) => {
			const start = place.index * batchSize;
			return makeBatch(order(place).slice(start, start + size(place)));
		},
	};
}

/** The order of each epoch, computed once per epoch. */
export function orderOfEpoch(count: number, shuffle: boolean): (place: BatchPlace) => Int32Array {
	let known: { seed: number; epoch: number; order: Int32Array } | undefined;
	return ({ seed, epoch }) => {
		if (known === undefined || (shuffle && (known.seed !== seed || known.epoch !== epoch))) {
			const order = shuffle
				? seededOrder(count, seed, epoch)
				: Int32Array.from({ length: count }, (_, index) => index);
			known = { seed, epoch, order };
		}
		return known.order;
	};
}
