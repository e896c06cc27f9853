import { maskedLogSoftmax } from "@heed/core";
import { attentionData, captureAttention, disposeAttention } from "@heed/layers";
import { spatialTransformer } from "@heed/vision";
import * as tf from "@tensorflow/tfjs-core";
import {
	initializers,
	input,
	type LayersModel,
	layers,
	model,
	type SymbolicTensor,
} from "@tensorflow/tfjs-layers";
import type { DataForm } from "../data/read-data.ts";
import type { ModelSettings } from "../settings.ts";
import { accuracyOf, crossEntropyOf } from "./class-scores.ts";
import { outlineOf } from "./outline.ts";
import { classes, type Place, type Recognizer } from "./recognizer.ts";

/**
 * A convolutional network that reads a digit, behind a spatial transformer or alone:
 *
 *     picture [size, size] → spatial transformer → [crop, crop] → 5 × 5 convolution → 3 × 3 convolution → dense → 10
 *
 * Both convolutions have stride 2 and relu.
 */
export function transformerNetwork(settings: ModelSettings, form: DataForm): Recognizer {
	const network = buildModel(settings, form);
	const weights = new Map(
		network.trainableWeights.map((weight) => [weight.originalName, weight.read() as tf.Variable]),
	);
	const run = (images: tf.Tensor4D, training: boolean): [seen: tf.Tensor4D, logits: tf.Tensor2D] =>
		network.apply(images, { training }) as [tf.Tensor4D, tf.Tensor2D];
	return {
		weights,
		loss: ({ images, labels }, { training }) => {
			const [, logits] = run(images, training);
			const loss = crossEntropyOf(maskedLogSoftmax(logits), labels);
			return training ? { loss } : { loss, metrics: { accuracy: accuracyOf(logits, labels) } };
		},
		probabilities: (images) => tf.tidy(() => tf.softmax(run(images, false)[1])),
		places: async (images) => {
			if (settings.transform === "none") return Array.from({ length: images.shape[0] }, () => undefined);
			const { result, records } = captureAttention(() => run(images, false));
			const [seen, logits] = result;
			try {
				const [theta, grid] = await Promise.all(records.map((record) => attentionData(record)));
				if (theta === undefined || grid === undefined)
					throw new Error("The spatial transformer recorded nothing.");
				const pixels = (await seen.data()) as Float32Array;
				const [count, height, width] = seen.shape;
				const one = { theta: theta.weights.length / count, seen: height * width };
				return Array.from(
					{ length: count },
					(_, i): Place => ({
						kind: "warp",
						theta: [...theta.weights.subarray(i * one.theta, (i + 1) * one.theta)],
						outline: outlineOf(grid.weights.subarray(2 * i * one.seen, 2 * (i + 1) * one.seen), {
							...{ height, width, from: [images.shape[1], images.shape[2]] },
							straight: settings.transform !== "tps",
						}),
						seen: { height, width, pixels: pixels.slice(i * one.seen, (i + 1) * one.seen) },
					}),
				);
			} finally {
				disposeAttention(records);
				tf.dispose([seen, logits]);
			}
		},
		dispose: () => {
			network.dispose();
		},
	};
}

/** The picture to what the convolutions see, and to the logits. */
function buildModel(settings: ModelSettings, { height, width }: DataForm): LayersModel {
	const { transform, crop, localizationFilters, localizationUnits, filters, units, seed } = settings;
	const picture = input({ shape: [height, width, 1], name: "picture" });
	const seen =
		transform === "none"
			? picture
			: (spatialTransformer({
					...{ transform, name: "look", seed, outputSize: [crop, crop] },
					...{ filters: localizationFilters, units: localizationUnits },
				}).apply(picture) as SymbolicTensor);
	const start = (place: number) => initializers.heNormal({ seed: seed * 10 + place });
	const convolve = (x: SymbolicTensor, place: number, kernelSize: number, count: number): SymbolicTensor =>
		layers
			.conv2d({
				...{ name: `convolution${place}`, filters: count, kernelSize, strides: 2 },
				...{ padding: "same", activation: "relu", kernelInitializer: start(place) },
			})
			.apply(x) as SymbolicTensor;
	const features = convolve(convolve(seen, 1, 5, filters), 2, 3, 2 * filters);
	const flat = layers.flatten({ name: "flat" }).apply(features);
	const dense = (name: string, place: number, count: number, activation: "relu" | "linear") =>
		layers.dense({ name, units: count, activation, kernelInitializer: start(place) });
	const hidden = dense("hidden", 3, units, "relu").apply(flat);
	const logits = dense("answer", 4, classes, "linear").apply(hidden) as SymbolicTensor;
	return model({ inputs: picture, outputs: [seen, logits], name: "digits" });
}
