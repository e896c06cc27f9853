import { giveWay } from "@heed/command-line";
import * as tf from "@tensorflow/tfjs-core";
import { type Pictures, slicePictures, toBatch } from "./data/picture-batches.ts";
import { type Answer, classes, type Draws, type Recognizer } from "./networks/recognizer.ts";

const picturesPerBatch = 100;

/** What {@link answerPictures} accepts. */
export interface AnswerOptions {
	/** Tell where it looked. */
	readonly look?: boolean;
	readonly draws?: Draws;
}

/** What a network says of each picture. */
export async function answerPictures(
	network: Recognizer,
	pictures: Pictures,
	{ look = false, draws }: AnswerOptions = {},
): Promise<Answer[]> {
	const answers: Answer[] = [];
	for (let start = 0; start < pictures.count; start += picturesPerBatch) {
		await giveWay();
		const { images, labels } = toBatch(slicePictures(pictures, start, picturesPerBatch));
		const own = draws && { ...draws, seed: draws.seed + start }; // other places for every batch
		const said = network.probabilities(images, own);
		try {
			const rows = (await said.data()) as Float32Array;
			const places = look ? await network.places(images) : [];
			for (let i = 0; i < images.shape[0]; i++) {
				const row = rows.subarray(i * classes, (i + 1) * classes);
				const digit = row.indexOf(Math.max(...row));
				const place = places[i];
				answers.push({ digit, probability: row[digit] ?? 0, ...(place && { place }) });
			}
		} finally {
			tf.dispose([images, labels, said]);
		}
	}
	return answers;
}
