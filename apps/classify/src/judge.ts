import { giveWay } from "@heed/command-line";
import { type LabelledImages, pickImages } from "@heed/command-line/digits";
import * as tf from "@tensorflow/tfjs-core";
import type { Classifier } from "./classifier.ts";
import { toTensor } from "./picture-batches.ts";

/** How a model does on pictures that it has not learned from. */
export interface Verdict {
	/** The class that each picture was taken for. */
	readonly predicted: readonly number[];
	readonly correct: number;
	/** Mean cross entropy. */
	readonly loss: number;
}

/** Pictures that are looked at together. */
const batchSize = 250;

/** Recognises pictures and compares. */
export async function judge({ scores }: Classifier, pictures: LabelledImages): Promise<Verdict> {
	const predicted: number[] = [];
	let loss = 0;
	for (let start = 0; start < pictures.count; start += batchSize) {
		await giveWay();
		const count = Math.min(batchSize, pictures.count - start);
		const some = pickImages(
			pictures,
			Array.from({ length: count }, (_, i) => start + i),
		);
		const logits = tf.tidy(() => tf.logSoftmax(scores.apply(toTensor(some)) as tf.Tensor2D));
		const classes = logits.shape[1] as number;
		const values = await logits.data();
		logits.dispose();
		for (let i = 0; i < count; i++) {
			const row = values.subarray(i * classes, (i + 1) * classes);
			predicted.push(row.indexOf(Math.max(...row)));
			loss -= (row[some.labels[i] ?? 0] ?? 0) / pictures.count;
		}
	}
	const correct = predicted.filter((found, i) => found === pictures.labels[i]).length;
	return { predicted, correct, loss };
}

/** How often each class (row) was taken for each (column), row by row. */
export function confusionMatrix(
	predicted: readonly number[],
	labels: ArrayLike<number>,
	classes: number,
): Float32Array {
	const counts = new Float32Array(classes * classes);
	predicted.forEach((found, i) => {
		const cell = (labels[i] ?? 0) * classes + found;
		counts[cell] = (counts[cell] ?? 0) + 1;
	});
	return counts;
}
