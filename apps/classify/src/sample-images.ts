import type { AttentionImage, ImageHeat } from "@heed/viz";
import type { PixelWeights } from "./pixel-weights.ts";
import type { Sample } from "./samples.ts";

/** `Shirt`, or `Shirt, taken for Coat`. */
export function answerOf({ label, look }: Sample, classes: readonly string[]): string {
	const found = classes[look.predicted] ?? "";
	return label === undefined || label === look.predicted ? found : `${classes[label]}, taken for ${found}`;
}

/**
 * The pictures of one sample: where the score of the class that it was taken for comes from, the same for the class that it
 * is of if that is another, and where each layer of the attention looked.
 */
export function sampleImages(sample: Sample, classes: readonly string[]): AttentionImage[] {
	const { look, label } = sample;
	const wanted = [...new Set([look.predicted, label ?? look.predicted])];
	return [
		...wanted.map((of) => ({
			...pictureOf(sample),
			title: `for ${classes[of]}`,
			caption: `${(100 * (look.probabilities[of] ?? 0)).toFixed(1)} %`,
			heat: { ...look.classMap(of), smooth: true },
		})),
		...look.pixels.map((weights) => ({
			...pictureOf(sample),
			title: weights.layer.replace(/_attention$/u, ""),
			caption: `${weights.rows} × ${weights.columns}`,
			heat: aboveMean(weights),
		})),
	];
}

function pictureOf({ pixels, height, width }: Sample): AttentionImage {
	return { pixels, height, width };
}

/** By how much of the mean each place has more than the mean, so that gates and softmaxes look alike. */
function aboveMean({ rows, columns, weights }: PixelWeights): ImageHeat {
	const mean = weights.reduce((sum, weight) => sum + weight / weights.length, 0);
	const even = Math.abs(mean) < 1e-9;
	return { rows, columns, weights: even ? weights : weights.map((weight) => weight / mean - 1) };
}
