import * as tf from "@tensorflow/tfjs-core";
import type { Codec } from "./codec.ts";
import type { VideoExample } from "./video.ts";

/** Some videos and all that is asked about them. V videos, T frames, Q questions, L words. */
export type QuestionBatch = {
	/** 0 to 1, `[V, T, height, width]`; 0 behind the end. */
	readonly video: tf.Tensor4D;
	/** 1 for a frame of the video, 0 behind its end, `[V, T]`. */
	readonly live: tf.Tensor2D;
	/** int32 `[Q, L]`. */
	readonly ids: tf.Tensor2D;
	/** Number of words, int32 `[Q]`. */
	readonly lengths: tf.Tensor1D;
	/** The video of each question, int32 `[Q]`. */
	readonly owners: tf.Tensor1D;
	/** int32 `[Q]`. */
	readonly answers: tf.Tensor1D;
	/** 1 where a class is seen, `[V, T, classes]`; 0 behind the end. Absent where nobody says what is seen. */
	readonly seen?: tf.Tensor3D;
};

/** Makes tensors of some videos of one size, with their questions. Answers that are not known become the first. */
export function questionBatch(examples: readonly VideoExample[], codec: Codec): QuestionBatch {
	const [first] = examples;
	const [height, width] = [first?.video.height ?? 0, first?.video.width ?? 0];
	const frames = Math.max(...examples.map(({ video }) => video.count));
	const questions = examples.flatMap((example, owner) =>
		example.questions.map((question) => ({ ...question, owner })),
	);
	const words = questions.map(({ text }) => codec.encode(text));
	const longest = Math.max(1, ...words.map(({ length }) => length));
	return {
		video: tf.tensor4d(pixelsOf(examples, frames), [examples.length, frames, height, width]),
		live: tf.tensor2d(
			examples.map(({ video }) => Array.from({ length: frames }, (_, t) => Number(t < video.count))),
		),
		ids: tf.tensor2d(
			words.map((row) => [...row, ...new Array<number>(longest - row.length).fill(0)]),
			[words.length, longest],
			"int32",
		),
		lengths: tf.tensor1d(
			words.map(({ length }) => length),
			"int32",
		),
		owners: tf.tensor1d(
			questions.map(({ owner }) => owner),
			"int32",
		),
		answers: tf.tensor1d(
			questions.map(({ answer }) => Math.max(0, codec.answers.indexOf(answer))),
			"int32",
		),
		...(codec.seenClasses > 0 && { seen: tf.tensor3d(examples.map(seenRows)) }),
	};

	function seenRows({ seen = [] }: VideoExample): number[][] {
		return Array.from({ length: frames }, (_, t) =>
			Array.from({ length: codec.seenClasses }, (__, of) => Number(seen[t]?.includes(of) ?? false)),
		);
	}
}

function pixelsOf(examples: readonly VideoExample[], frames: number): Float32Array {
	const size = (examples[0]?.video.height ?? 0) * (examples[0]?.video.width ?? 0) * frames;
	const pixels = new Float32Array(examples.length * size);
	examples.forEach(({ video }, i) => {
		for (let at = 0; at < video.frames.length; at++) pixels[i * size + at] = (video.frames[at] ?? 0) / 255;
	});
	return pixels;
}
