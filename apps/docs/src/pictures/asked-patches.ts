import "@heed/backend-wasm";
import { attentionData, captureAttention, disposeAttention } from "@heed/layers";
import { Adam, fit } from "@heed/train";
import { patchEmbedding, tokenPooling } from "@heed/vision";
import type { AttentionImage } from "@heed/viz";
import * as tf from "@tensorflow/tfjs-core";
import { initializers, input, layers, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { asImages, drawScene, oneHot, randomNumbers, shapes, side } from "./scenes.ts";

/** Trains patches and one query to say the shape of what is red, and shows which patches the query looked at. */
export async function poolPatches(): Promise<AttentionImage> {
	await tf.ready();
	const image = input({ shape: [side, side, 3] });
	const embedding = patchEmbedding({
		...{ patchSize: 4, modelDim: 16, classToken: false, positions: false },
		...{ seed: 1, name: "patches" },
	});
	const pooling = tokenPooling({ pool: "attention", numHeads: 1, seed: 2, name: "pooling" });
	const kernelInitializer = initializers.glorotUniform({ seed: 3 });
	const answer = layers.dense({ units: shapes.length, kernelInitializer, name: "answer" });
	const tokens = layers.activation({ activation: "relu" }).apply(embedding.apply(image)) as SymbolicTensor;
	const network = model({
		inputs: image,
		outputs: answer.apply(pooling.apply(tokens) as SymbolicTensor) as SymbolicTensor,
	});
	const random = randomNumbers(3);
	const scenes = Array.from({ length: 384 }, () => drawScene(random));
	await fit(network, {
		inputs: asImages(scenes),
		targets: oneHot(
			scenes.map(({ shapes: [red = 0] }) => red),
			shapes.length,
		),
		loss: (target, output) => tf.losses.softmaxCrossEntropy(target, output) as tf.Scalar,
		optimizer: new Adam({ learningRate: 0.01 }),
		batchSize: 64,
		epochs: 30,
	});
	const shown = drawScene(random);
	const { result, records } = captureAttention(() => network.predict(asImages([shown])) as tf.Tensor);
	const [said = 0] = tf.tidy(() => [...tf.argMax(result, 1).dataSync()]);
	const [data] = await Promise.all(records.map(attentionData));
	disposeAttention(records);
	if (data === undefined) throw new Error("poolPatches: the layer did not say where it looked.");
	return {
		...{ title: "the shape of what is red", caption: `a ${shapes[said]}`, height: side, width: side },
		...{ pixels: shown.pixels, heat: { weights: data.weights, rows: 3, columns: 3 } },
	};
}
