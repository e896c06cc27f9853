import "@heed/backend-wasm";
import { attentionData, captureAttention, disposeAttention, multiHeadAttention } from "@heed/layers";
import { Adam, fit, seededOrder } from "@heed/train";
import { type AttentionMap, attentionMaps } from "@heed/viz";
import * as tf from "@tensorflow/tfjs-core";
import { initializers, input, layers, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";

const letters = [..."abcdefgh"];
const length = 8;
const shown = [..."badecafe"];
/** The model must say which letters stand so many places back. */
const places = [1, 3];

const oneHot = (texts: readonly (readonly number[])[]): tf.Tensor3D =>
	tf.oneHot(
		tf.tensor2d(
			texts.map((text) => [...text]),
			undefined,
			"int32",
		),
		letters.length,
	) as tf.Tensor3D;

/** Trains one layer with two heads to name the letters one and three places back, and shows both heads. */
export async function twoHeads(): Promise<AttentionMap[]> {
	await tf.ready();
	const text = input({ shape: [length, letters.length] });
	const reader = multiHeadAttention({
		numHeads: 2,
		keyDim: 8,
		causal: true,
		positions: { kind: "rotary" },
		seed: 1,
		name: "reader",
	});
	const kernelInitializer = initializers.glorotUniform({ seed: 2 });
	const writer = layers.dense({ units: places.length * letters.length, kernelInitializer, name: "writer" });
	const outputs = writer.apply(reader.apply(text)) as SymbolicTensor;
	const network = model({ inputs: text, outputs });

	const texts = Array.from({ length: 256 }, (_, seed) =>
		Array.from({ length }, (_, i) => seededOrder(letters.length, seed * length + i + 1, 0)[0] ?? 0),
	);
	const read = oneHot(texts);
	await fit(network, {
		inputs: read,
		targets: read,
		loss: (target, output) =>
			tf.addN(
				places.map((back, i) => {
					const size = [-1, length - back, letters.length];
					const said = tf.slice(output, [0, back, i * letters.length], size);
					return tf.losses.softmaxCrossEntropy(tf.slice(target, [0, 0, 0], size), said);
				}),
			) as tf.Scalar,
		optimizer: new Adam({ learningRate: 0.02 }),
		batchSize: 64,
		epochs: 40,
	});

	const { records } = captureAttention(() =>
		network.predict(oneHot([shown.map((letter) => letters.indexOf(letter))])),
	);
	const [data] = await Promise.all(records.map(attentionData));
	disposeAttention(records);
	if (data === undefined) throw new Error("twoHeads: the layer did not say where it looked.");
	return attentionMaps(data, { queryTokens: shown, keyTokens: shown }).map((map) => ({
		...map,
		title: `head ${map.head}`,
		mask: Array.from(map.weights, (_, cell) => cell % length <= Math.floor(cell / length)),
	}));
}
