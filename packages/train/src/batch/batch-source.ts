import * as tf from "@tensorflow/tfjs-core";

/** Which batch is asked for. A source must give the same batch for the same place, whatever it gave before. */
export interface BatchPlace {
	/** The epoch, from 0. */
	readonly epoch: number;
	/** The place in the epoch, from 0. */
	readonly index: number;
	/** The seed of the run. */
	readonly seed: number;
}

/**
 * Where batches come from: a function of the place alone, so that a run can resume anywhere.
 *
 * `exampleBatches`, `groupedBatches` and `tensorBatches` make one; any object of this form will do.
 */
export interface BatchSource<Batch> {
	/** Batches in every epoch, at least 1. */
	readonly batches: number;
	/** Makes a batch. The loop disposes of the tensors in it after the step, unless there is a `release`. */
	batch(place: BatchPlace): Batch | Promise<Batch>;
	/** The number of examples in that batch: its weight in the averages of an epoch. */
	size(place: BatchPlace): number;
	/** Called with every batch when it is done with, in place of disposing of it. */
	release?(batch: Batch): void;
}

/** Gives a batch back that is done with. */
export function releaseBatch<Batch>(source: BatchSource<Batch>, batch: Batch): void {
	if (source.release !== undefined) source.release(batch);
	else tf.dispose(batch as tf.TensorContainer); // it finds the tensors in whatever it gets
}
