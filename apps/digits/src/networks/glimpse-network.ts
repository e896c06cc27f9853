import { RecurrentAttentionModel } from "@heed/vision";
import * as tf from "@tensorflow/tfjs-core";
import type { ModelSettings } from "../settings.ts";
import { accuracyOf, crossEntropyOf } from "./class-scores.ts";
import { classes, type Recognizer } from "./recognizer.ts";
import { windowsOf } from "./windows.ts";

/** How a {@link glimpseRecognizer} is trained, and what it is shown. */
export interface GlimpseOptions extends Partial<Pick<ModelSettings, "rollouts" | "reinforceWeight">> {
	/** What the network wants in the place of pictures of 0 to 1. Default: those. */
	readonly prepare?: (images: tf.Tensor4D) => tf.Tensor4D;
}

/** A recurrent attention model of the settings, with fresh weights. */
export function glimpseModel(settings: ModelSettings): RecurrentAttentionModel {
	const { glimpses, patchSize, scales, core, stateUnits, std, seed } = settings;
	return new RecurrentAttentionModel({
		...{ classes, glimpses, core, units: stateUnits, seed },
		glimpse: { patchSize, numScales: scales },
		policy: { std },
	});
}

/** Reads digits by a recurrent attention model, whose mean places are looked at but in training. */
export function glimpseRecognizer(
	network: RecurrentAttentionModel,
	{ rollouts, reinforceWeight, prepare = (images) => images }: GlimpseOptions = {},
): Recognizer {
	const { glimpse } = network.config;
	return {
		weights: network.weights,
		loss: ({ images, labels }, { training, seed }) => {
			const batch = { images: prepare(images), labels };
			if (training) return { loss: network.loss(batch, { trainingSeed: seed, rollouts, reinforceWeight }) };
			const { logProbs } = network.rollOut(batch.images);
			const loss = crossEntropyOf(logProbs, labels);
			return { loss, metrics: { accuracy: accuracyOf(logProbs, labels) } };
		},
		probabilities: (images, draws) => tf.tidy(() => network.predict(prepare(images), { ...draws })),
		places: async (images) => {
			const look = tf.tidy(() => network.rollOut(prepare(images)));
			const all = await look.locations.array();
			tf.dispose(look);
			const [, height, width] = images.shape;
			return all.map((path) => {
				const locations = path.map(([x = 0, y = 0]): [number, number] => [x, y]);
				return {
					kind: "glimpses",
					locations,
					windows: locations.map((location) => windowsOf(location, [height, width], glimpse)),
				};
			});
		},
		dispose: () => {
			network.dispose();
		},
	};
}
