import { giveWay } from "@heed/command-line";
import { attentionData, captureAttention, disposeAttention } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { Codec } from "./codec.ts";
import { questionBatch } from "./question-batch.ts";
import type { Question, Video, VideoExample } from "./video.ts";
import type { VideoQaModel } from "./video-qa-model.ts";

/** What the model says to a question, and where it looked. */
export interface Look {
	readonly video: Video;
	readonly question: Question;
	/** The likeliest answer. */
	readonly answer: string;
	/** Of each answer of the codec. */
	readonly probabilities: Float32Array;
	/** How much each frame counted, which adds up to 1; absent without temporal attention. */
	readonly frames?: Float32Array;
	/** How much each place of each frame counted, which adds up to 1 in every frame; absent without spatial attention. */
	readonly places?: { readonly weights: Float32Array; readonly rows: number; readonly columns: number };
}

/** Videos that go through the model at once. */
const videosPerBatch = 25;

/** Answers all questions about some videos, in their order. */
export async function answerAll(
	model: VideoQaModel,
	codec: Codec,
	examples: readonly VideoExample[],
): Promise<Look[]> {
	const looks: Look[] = [];
	for (let start = 0; start < examples.length; start += videosPerBatch) {
		await giveWay();
		looks.push(...(await answerSome(model, codec, examples.slice(start, start + videosPerBatch))));
	}
	return looks;
}

async function answerSome(
	model: VideoQaModel,
	codec: Codec,
	examples: readonly VideoExample[],
): Promise<Look[]> {
	const batch = questionBatch(examples, codec);
	const { result, records } = captureAttention(() => tf.tidy(() => tf.softmax(model.logits(batch))));
	try {
		const probabilities = (await result.data()) as Float32Array;
		const maps = await Promise.all(records.map(attentionData));
		const temporal = maps.find(({ kind }) => kind === "temporal");
		const spatial = maps.find(({ kind }) => kind === "spatial");
		const [, frames = 0, rows = 0, columns = 0] = spatial?.shape ?? [];
		const count = codec.answers.length;
		const own = (all: Float32Array, row: number, size: number, length: number): Float32Array =>
			all.slice(row * size, row * size + length);
		return examples
			.flatMap(({ video, questions }) => questions.map((question) => ({ video, question })))
			.map(({ video, question }, row) => {
				const shares = own(probabilities, row, count, count);
				const best = shares.indexOf(Math.max(...shares));
				return {
					video,
					question,
					answer: codec.answers[best] ?? "",
					probabilities: shares,
					...(temporal && { frames: own(temporal.weights, row, temporal.shape[1] ?? 0, video.count) }),
					...(spatial && {
						places: {
							weights: own(spatial.weights, row, frames * rows * columns, video.count * rows * columns),
							rows,
							columns,
						},
					}),
				};
			});
	} finally {
		disposeAttention(records);
		tf.dispose([result, { ...batch }]);
	}
}
