import { checkDtype, checkNotEmpty, checkNumber, checkOptions, checkShape, HeedError } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";

/** What the losses of models that look by glimpses accept. */
export interface RecurrentAttentionLossOptions {
	/** Draw places from this seed, and learn where to look: another one for every step. Default: the means, which teach nothing. */
	readonly trainingSeed?: number | undefined;
	/** How often every image is looked at, each time elsewhere; more make the gradient less noisy. Default 1. */
	readonly rollouts?: number | undefined;
	/** Weight of the term that learns where to look. Default 0.01. */
	readonly reinforceWeight?: number | undefined;
	/** Weight of the squared error of the baseline. Default 1. */
	readonly baselineWeight?: number | undefined;
}

/** Checks {@link RecurrentAttentionLossOptions} and fills in the defaults; without a draw one look is enough. */
export function resolveLoss(
	where: string,
	options: RecurrentAttentionLossOptions,
): { trainingSeed: number | undefined; rollouts: number; reinforceWeight: number; baselineWeight: number } {
	checkOptions(where, options, ["trainingSeed", "rollouts", "reinforceWeight", "baselineWeight"]);
	const { trainingSeed, rollouts = 1, reinforceWeight = 0.01, baselineWeight = 1 } = options;
	if (trainingSeed !== undefined) checkNumber(where, "trainingSeed", trainingSeed, { integer: true, min: 0 });
	checkNumber(where, "rollouts", rollouts, { integer: true, min: 1 });
	checkNumber(where, "reinforceWeight", reinforceWeight, { min: 0 });
	checkNumber(where, "baselineWeight", baselineWeight, { min: 0 });
	return {
		...{ trainingSeed, reinforceWeight, baselineWeight },
		rollouts: trainingSeed === undefined ? 1 : rollouts,
	};
}

/** What predictions of models that look by glimpses accept. */
export interface RecurrentAttentionPredictOptions {
	/** How many looks are averaged. Default 1. */
	readonly rollouts?: number | undefined;
	/** Draw them from this seed, which several need. Default: one look at the means. */
	readonly seed?: number | undefined;
}

/** Checks {@link RecurrentAttentionPredictOptions} and fills in the defaults. */
export function resolvePredict(
	where: string,
	options: RecurrentAttentionPredictOptions,
): { rollouts: number; seed: number | undefined } {
	checkOptions(where, options, ["rollouts", "seed"]);
	const { rollouts = 1, seed } = options;
	checkNumber(where, "rollouts", rollouts, { integer: true, min: 1 });
	if (seed !== undefined) checkNumber(where, "seed", seed, { integer: true, min: 0 });
	if (rollouts > 1 && seed === undefined) {
		const message = `\`rollouts\` is ${rollouts} without \`seed\`: all would be the same. Give a \`seed\`.`;
		throw new HeedError("OPTION", where, message);
	}
	return { rollouts, seed };
}

/** A batch so many times, one behind the other. */
export function repeatBatch<Labels extends tf.Tensor1D | tf.Tensor2D>(
	batch: { readonly images: tf.Tensor4D; readonly labels: Labels },
	times: number,
): { readonly images: tf.Tensor4D; readonly labels: Labels } {
	if (times === 1) return batch;
	const labels = tf.tile(batch.labels as tf.Tensor, batch.labels.rank === 1 ? [times] : [times, 1]) as Labels;
	return { images: tf.tile(batch.images, [times, 1, 1, 1]), labels };
}

/** Refuses what are no images of so many channels. */
export function checkImages(where: string, images: tf.Tensor, channels: number): void {
	const axes = ["batch", "height", "width", "channels"];
	checkShape(where, "images", images, axes, [null, null, null, channels], "the config");
	checkDtype(where, "images", images, "float32");
	checkNotEmpty(where, "images", images, axes);
}
