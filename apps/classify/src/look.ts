import type { LabelledImages } from "@heed/command-line/digits";
import { attentionData, captureAttention, disposeAttention } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import type { Classifier } from "./classifier.ts";
import { toTensor } from "./picture-batches.ts";
import { type PixelWeights, pixelWeights } from "./pixel-weights.ts";

/** What a layer made of the channels of one picture. */
export interface ChannelWeights {
	readonly layer: string;
	readonly weights: Float32Array;
}

/** What a model sees in one picture. */
export interface Look {
	readonly probabilities: readonly number[];
	/** The class with the highest probability. */
	readonly predicted: number;
	/** Where the score of a class comes from, see {@link lookAt}. */
	classMap(of: number): { readonly rows: number; readonly columns: number; readonly weights: Float32Array };
	/** Where each layer of the attention looked, if it weighs places. */
	readonly pixels: readonly PixelWeights[];
	/** What each layer of the attention made of the channels, if it weighs those alone. */
	readonly channels: readonly ChannelWeights[];
}

/**
 * Lets a model look at pictures.
 *
 * The map of a class is its class activation map (Zhou et al. 2015, https://arxiv.org/abs/1512.04150), which is exact here since
 * the scores are a linear layer of the mean over the pixels of the last map:
 *
 *     map[p] = Σ_c last[p, c] · (kernel[c, class] − mean over classes of kernel[c]) + bias, likewise
 *
 * Its mean over the pixels is by how much the score of the class is above the mean score. Grad-CAM gives the same map here but
 * for a factor, and without what speaks against the class.
 */
export async function lookAt(classifier: Classifier, pictures: LabelledImages): Promise<readonly Look[]> {
	const { mapAndScores, last } = classifier;
	const { result, records } = captureAttention(() =>
		tf.tidy(() => {
			const [map, scores] = mapAndScores.apply(toTensor(pictures)) as [tf.Tensor4D, tf.Tensor2D];
			const [kernel, bias] = [last.kernel, last.bias].map((weight) =>
				tf.sub(weight, tf.mean(weight, -1, true)),
			) as [tf.Tensor2D, tf.Tensor1D];
			const [batch, rows, columns, channels] = map.shape;
			const products = tf.matMul(tf.reshape(map, [-1, channels]), kernel); // [B · pixels, classes]
			const maps = tf.reshape(tf.add(products, bias), [batch, rows, columns, -1]);
			return [maps as tf.Tensor4D, tf.softmax(scores)] as const;
		}),
	);
	const [maps, probabilities] = result;
	const [, rows, columns, classes] = maps.shape;
	const [mapValues, shares] = await Promise.all([maps.data(), probabilities.data()]);
	const data = await Promise.all(records.map(attentionData));
	disposeAttention(records);
	tf.dispose([maps, probabilities]);

	const sizes = data.map(({ layer }) => sizeOf(mapAndScores, layer));
	return Array.from({ length: pictures.count }, (_, item) => {
		const own = Array.from(shares.subarray(item * classes, (item + 1) * classes));
		// Of a layer with several records, of its parts and its passes, the last one is the whole.
		const found = data
			.map((record, at) => pixelWeights(record, item, sizes[at] ?? [0, 0]))
			.filter((one) => one !== undefined);
		const layers = new Map(found.map((one) => [one.layer, one]));
		return {
			probabilities: own,
			predicted: own.indexOf(Math.max(...own)),
			classMap: (of: number) => ({
				rows,
				columns,
				weights: Float32Array.from(
					{ length: rows * columns },
					(__, i) => mapValues[(item * rows * columns + i) * classes + of] ?? 0,
				),
			}),
			pixels: [...layers.values()],
			channels: data
				.filter(({ layer, kind }) => kind === "channel" && !layers.has(layer))
				.map(({ layer, shape: [, count = 0], weights }) => ({
					layer,
					weights: weights.slice(item * count, (item + 1) * count),
				})),
		};
	});
}

/** Rows and columns of the map that a layer attends to. */
function sizeOf(network: Classifier["scores"], layer: string): readonly [number, number] {
	const [, rows, columns] = network.getLayer(layer).outputShape as (number | null)[];
	return [rows ?? 0, columns ?? 0];
}
