import "@heed/backend-wasm";
import { attentionData, captureAttention, disposeAttention } from "@heed/layers";
import { Adam, fit } from "@heed/train";
import { channelQueryAttention, convolution2dLayer, querySpatialAttention } from "@heed/vision";
import type { AttentionImage, AttentionMap } from "@heed/viz";
import * as tf from "@tensorflow/tfjs-core";
import { initializers, input, layers, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { asImages, colours, drawScene, oneHot, randomNumbers, shapes, side } from "./scenes.ts";

/** Trains a network to say which shape has a colour, asked by the colour, and shows which channels and pixels it asked. */
export async function askScenes(): Promise<{ images: AttentionImage[]; channels: AttentionMap }> {
	await tf.ready();
	const [image, question] = [input({ shape: [side, side, 3] }), input({ shape: [colours.length] })];
	const convolution = convolution2dLayer({
		filters: 24,
		kernelSize: 4,
		strides: 4,
		seed: 1,
		name: "convolution",
	});
	const seen = layers.activation({ activation: "relu" }).apply(convolution.apply(image)) as SymbolicTensor;
	const chosen = channelQueryAttention({ units: 16, seed: 2, name: "channels" }).apply([seen, question]);
	const looked = querySpatialAttention({ units: 16, seed: 3, name: "pixels" });
	const found = looked.apply([chosen as SymbolicTensor, question]) as SymbolicTensor;
	const kernelInitializer = initializers.glorotUniform({ seed: 4 });
	const answer = layers.dense({ units: shapes.length, kernelInitializer, name: "answer" });
	const network = model({ inputs: [image, question], outputs: answer.apply(found) as SymbolicTensor });

	const random = randomNumbers(1);
	const scenes = Array.from({ length: 512 }, () => drawScene(random));
	const asked = scenes.map(() => Math.floor(random() * colours.length));
	await fit(network, {
		inputs: [asImages(scenes), oneHot(asked, colours.length)],
		targets: oneHot(
			scenes.map(({ shapes: of }, i) => of[asked[i] ?? 0] ?? 0),
			shapes.length,
		),
		loss: (target, output) => tf.losses.softmaxCrossEntropy(target, output) as tf.Scalar,
		optimizer: new Adam({ learningRate: 0.02 }),
		batchSize: 64,
		epochs: 40,
	});

	const shown = drawScene(random);
	const inputs = [asImages([shown, shown, shown]), oneHot([0, 1, 2], colours.length)];
	const { result, records } = captureAttention(() => network.predict(inputs) as tf.Tensor);
	const said = tf.tidy(() => [...tf.argMax(result, 1).dataSync()]);
	const [channels, pixels] = await Promise.all(records.map(attentionData));
	disposeAttention(records);
	if (channels === undefined || pixels === undefined)
		throw new Error("askScenes: a layer did not say where it looked.");
	const images = colours.map((colour, i): AttentionImage => {
		const weights = Array.from(pixels.weights).slice(9 * i, 9 * i + 9); // a map of 3 × 3
		return {
			...{ title: `What is ${colour}?`, caption: `a ${shapes[said[i] ?? 0]}` },
			...{ height: side, width: side, pixels: shown.pixels, heat: { weights, rows: 3, columns: 3 } },
		};
	});
	const keyTokens = Array.from({ length: 24 }, (_, i) => `${i}`);
	return {
		images,
		channels: {
			title: "weights of the channels",
			queryTokens: [...colours],
			keyTokens,
			weights: channels.weights,
		},
	};
}
