import { type LabelledImages, pickImages } from "@heed/command-line/digits";
import { type BatchSource, exampleBatches, type SupervisedBatch } from "@heed/train";
import * as tf from "@tensorflow/tfjs-core";

/** Pictures as the network takes them: `[count, height, width, 1]`, 0 to 1. */
export function toTensor({ images, count, height, width }: LabelledImages): tf.Tensor4D {
	return tf.tensor4d(
		Float32Array.from(images, (value) => value / 255),
		[count, height, width, 1],
	);
}

/** Batches of pictures with 1 for their class and 0 for the others, in another order in every epoch if they are shuffled. */
export function pictureBatches(
	pictures: LabelledImages,
	options: { readonly classes: number; readonly batchSize: number; readonly shuffle: boolean },
): BatchSource<SupervisedBatch> {
	const { classes, ...rest } = options;
	return exampleBatches({
		...rest,
		examples: pictures.count,
		makeBatch: (examples) => {
			const picked = pickImages(pictures, [...examples]);
			const targets = new Float32Array(picked.count * classes);
			picked.labels.forEach((label, i) => {
				targets[i * classes + label] = 1;
			});
			return { inputs: toTensor(picked), targets: tf.tensor2d(targets, [picked.count, classes]) };
		},
	});
}
