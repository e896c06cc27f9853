import "@heed/backend-wasm";
import { attentionData, captureAttention, disposeAttention, multiHeadAttention } from "@heed/layers";
import { Adam, fit, seededOrder } from "@heed/train";
import { type AttentionMap, attentionMaps } from "@heed/viz";
import * as tf from "@tensorflow/tfjs-core";
import { initializers, input, layers, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";

const letters = [..."abcdefgh"];
const length = 7; // of every word
const read = [..."cabbage"];

const ids = (words: readonly string[][]): tf.Tensor2D =>
	tf.tensor2d(
		words.map((word) => word.map((letter) => letters.indexOf(letter))),
		undefined,
		"int32",
	);
const oneHot = (words: readonly string[][]): tf.Tensor3D =>
	tf.oneHot(ids(words), letters.length) as tf.Tensor3D;
/** A number for every place: `[words, length, length]`. */
const places = (words: number): tf.Tensor3D =>
	tf.tile(tf.expandDims<tf.Tensor3D>(tf.eye(length)), [words, 1, 1]);
const pages = (words: readonly string[][]): tf.Tensor3D =>
	tf.concat([oneHot(words), places(words.length)], 2);

/**
 * Trains a model to spell words backwards, and shows where it looks. It is told what to write, never where to look.
 *
 * @returns Rows: the letters that it writes. Columns: the letters that it reads.
 */
export async function readBackwards(): Promise<AttentionMap> {
	await tf.ready();
	// The query is the place to write at; keys and values are letters with their places.
	const place = input({ shape: [length, length] });
	const page = input({ shape: [length, letters.length + length] });
	const reader = multiHeadAttention({ numHeads: 1, keyDim: 16, seed: 1, name: "reader" });
	const kernelInitializer = initializers.glorotUniform({ seed: 2 });
	const writer = layers.dense({ units: letters.length, kernelInitializer, name: "writer" });
	const outputs = writer.apply(reader.apply([place, page])) as SymbolicTensor;
	const speller = model({ inputs: [place, page], outputs });

	const words = Array.from({ length: 256 }, (_, seed) => {
		const order = Array.from(seededOrder(letters.length, seed, 0), (letter) => letters[letter] ?? "");
		return order.slice(0, length);
	});
	await fit(speller, {
		inputs: [places(words.length), pages(words)],
		targets: oneHot(words.map((word) => [...word].reverse())),
		loss: (target, output) => tf.losses.softmaxCrossEntropy(target, output),
		optimizer: new Adam({ learningRate: 0.05 }),
		batchSize: 64,
		epochs: 25,
	});

	const { result, records } = captureAttention(
		() => speller.predict([places(1), pages([read])]) as tf.Tensor,
	);
	const written = Array.from(await tf.argMax(result, -1).data(), (id) => letters[id] ?? "");
	const maps = await Promise.all(records.map(attentionData));
	disposeAttention(records);
	const [map] = maps.flatMap((record) => attentionMaps(record, { queryTokens: written, keyTokens: read }));
	if (map === undefined) throw new Error("readBackwards: no layer said where it looked.");
	return { ...map, title: "Spelling backwards", axisLabels: { query: "written", key: "read" } };
}
