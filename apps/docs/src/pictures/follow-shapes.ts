import "@heed/backend-wasm";
import { attentionData, captureAttention, disposeAttention } from "@heed/layers";
import { Adam, fit } from "@heed/train";
import { spatialTransformer } from "@heed/vision";
import type { AttentionImage } from "@heed/viz";
import * as tf from "@tensorflow/tfjs-core";
import { initializers, input, layers, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { drawShape, drawStill, extent, randomNumbers, type Still, shapeSide, shapes } from "./scenes.ts";

const asImages = (stills: readonly Still[]): tf.Tensor4D =>
	tf.tensor4d(
		stills.flatMap(({ pixels }) => [...pixels]),
		[stills.length, extent, extent, 1],
	);

/** A box as a mark, its sides in pixels. */
const box = (left: number, top: number, right: number, bottom: number) => ({
	points: [
		[left, top],
		[right, top],
		[right, bottom],
		[left, bottom],
	] as [number, number][],
	closed: true,
});

/** Trains a spatial transformer to show shapes as they are, and shows where it cut them out. */
export async function followShapes(): Promise<AttentionImage[]> {
	await tf.ready();
	const image = input({ shape: [extent, extent, 1] });
	const kernelInitializer = initializers.heNormal({ seed: 2 });
	const all = layers.flatten().apply(image) as SymbolicTensor;
	const place = layers.dense({ units: 32, activation: "relu", kernelInitializer, name: "place" });
	const cut = spatialTransformer({
		...({ transform: "attention", localization: "given", outputSize: [shapeSide, shapeSide] } as const),
		...{ seed: 1, name: "cut" },
	});
	const seen = cut.apply([image, place.apply(all) as SymbolicTensor]) as SymbolicTensor;
	const network = model({ inputs: image, outputs: seen });
	const random = randomNumbers(4);
	const stills = Array.from({ length: 384 }, () => drawStill(random));
	await fit(network, {
		inputs: asImages(stills),
		targets: tf.tensor4d(
			stills.flatMap(({ shape }) => drawShape(shape)),
			[stills.length, shapeSide, shapeSide, 1],
		),
		loss: (target, output) => tf.losses.meanSquaredError(target, output) as tf.Scalar,
		optimizer: new Adam({ learningRate: 0.01 }),
		batchSize: 64,
		epochs: 60,
	});
	const shown = [drawStill(random), drawStill(random), drawStill(random)];
	const { result, records } = captureAttention(() => network.predict(asImages(shown)) as tf.Tensor);
	result.dispose();
	const [theta] = await Promise.all(records.map(attentionData));
	disposeAttention(records);
	if (theta === undefined) throw new Error("followShapes: the layer did not say where it cut.");
	return shown.map(({ pixels, shape, top, left }, i) => {
		const [size = 1, x = 0, y = 0] = Array.from(theta.weights).slice(3 * i, 3 * i + 3);
		const at = (place: number): number => ((place + 1) / 2) * extent;
		return {
			...{ caption: `a ${shapes[shape]}`, height: extent, width: extent, pixels },
			marks: [
				box(at(x - size), at(y - size), at(x + size), at(y + size)),
				box(left, top, left + shapeSide, top + shapeSide),
			],
		};
	});
}
