import { randomOf } from "@heed/command-line";
import type { Vocabulary } from "@heed/nlp";
import type { BatchSource } from "@heed/train";
import * as tf from "@tensorflow/tfjs-core";
import type { FontFace } from "../fonts/font-faces.ts";
import { drawWord } from "../pictures/draw-word.ts";
import { normalize, pictureHeight, pictureWidth, type WordPicture } from "../pictures/picture.ts";
import { spell } from "../words/letters.ts";
import type { WordBatch } from "./word-reader.ts";

/** A word and a picture of it. */
export interface DrawnWord {
	readonly word: string;
	/** The name of the face it is drawn in. */
	readonly face: string;
	readonly picture: WordPicture;
}

/** What words are drawn of. */
export interface DrawingSource {
	readonly words: readonly string[];
	readonly faces: readonly FontFace[];
	readonly letters: Vocabulary;
}

/** The longest words of the first epochs: where to look next is learned on short words much sooner. */
const shortestFirst = [3, 4, 5];

/** The batches of a training: all that is drawn is a function of the seed, the epoch and the place in it. */
export function trainingBatches(
	{ words, faces, letters }: DrawingSource,
	{ pictures, batchSize }: { readonly pictures: number; readonly batchSize: number },
): BatchSource<WordBatch> {
	const known = shortestFirst.map((most) => words.filter(({ length }) => length <= most));
	const size = ({ index }: { readonly index: number }): number =>
		Math.min(batchSize, pictures - index * batchSize);
	return {
		batches: Math.ceil(pictures / batchSize),
		size,
		batch: (place) => {
			const jitter = randomOf(place.seed, place.epoch, place.index);
			const some: readonly string[] = known[place.epoch] ?? words;
			const drawn = Array.from({ length: size(place) }, () => {
				const word = jitter.pick(some);
				const face = jitter.pick(faces);
				return { word, face: face.name, picture: drawWord(word, face, jitter) };
			});
			return toBatch(drawn, letters);
		},
	};
}

/** One picture of every word, each in the next face. */
export function drawEach(words: readonly string[], faces: readonly FontFace[], seed: number): DrawnWord[] {
	return words.map((word, i) => {
		const face = faces[i % faces.length] as FontFace;
		return { word, face: face.name, picture: drawWord(word, face, randomOf(seed, i)) };
	});
}

/** The same pictures in the same batches every time. */
export function fixedBatches(
	drawn: readonly DrawnWord[],
	letters: Vocabulary,
	batchSize: number,
): BatchSource<WordBatch> {
	const rows = (index: number): readonly DrawnWord[] =>
		drawn.slice(index * batchSize, (index + 1) * batchSize);
	return {
		batches: Math.ceil(drawn.length / batchSize),
		size: ({ index }) => rows(index).length,
		batch: ({ index }) => toBatch(rows(index), letters),
	};
}

/** The number of letters of a batch: the weight of its mean loss. */
export function countLetters({ live }: WordBatch): number {
	return live.dataSync<"float32">().reduce((sum, value) => sum + value, 0);
}

/** Pictures as numbers for the network, `[batch, height, width, 1]`. */
export function toImages(pictures: readonly WordPicture[]): tf.Tensor4D {
	const numbers = new Float32Array(pictures.length * pictureHeight * pictureWidth);
	pictures.forEach((picture, i) => {
		numbers.set(normalize(picture), i * pictureHeight * pictureWidth);
	});
	return tf.tensor4d(numbers, [pictures.length, pictureHeight, pictureWidth, 1]);
}

function toBatch(drawn: readonly DrawnWord[], letters: Vocabulary): WordBatch {
	const targets = drawn.map(({ word }) => spell(letters, word));
	const longest = Math.max(...targets.map((target) => target.length));
	const padded = targets.flatMap((target) => Array.from({ length: longest }, (_, i) => target[i] ?? 0));
	const live = targets.flatMap(({ length }) =>
		Array.from({ length: longest - 1 }, (_, i) => (i + 1 < length ? 1 : 0)),
	);
	return {
		images: toImages(drawn.map(({ picture }) => picture)),
		target: tf.tensor2d(padded, [drawn.length, longest], "int32"),
		live: tf.tensor2d(live, [drawn.length, longest - 1]),
	};
}
