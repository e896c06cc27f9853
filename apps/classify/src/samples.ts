import { type LabelledImages, pickImages } from "@heed/command-line/digits";
import type { Classifier } from "./classifier.ts";
import { type Look, lookAt } from "./look.ts";

/** A picture with what a model sees in it. */
export interface Sample {
	/** [height * width], 0 to 1. */
	readonly pixels: Float32Array;
	readonly height: number;
	readonly width: number;
	/** The class, if it is known. */
	readonly label?: number | undefined;
	readonly look: Look;
}

/** Lets a model look at some pictures of known classes. */
export async function samplesOf(
	model: Classifier,
	pictures: LabelledImages,
	indices: readonly number[],
): Promise<Sample[]> {
	if (indices.length === 0) return [];
	const { images, labels, height, width, ...rest } = pickImages(pictures, indices);
	const looks = await lookAt(model, { images, labels, height, width, ...rest });
	const size = height * width;
	return looks.map((look, i) => ({
		pixels: Float32Array.from(images.subarray(i * size, (i + 1) * size), (value) => value / 255),
		...{ height, width, label: labels[i], look },
	}));
}

/**
 * Some pictures that were recognised, of as many classes as there are, and some that were not, evenly chosen.
 *
 * @param correct Whether each was recognised.
 */
export function chooseSamples(
	labels: ArrayLike<number>,
	correct: readonly boolean[],
	wanted: number,
): { readonly right: number[]; readonly wrong: number[] } {
	const all = correct.map((isRight, index) => ({ isRight, index }));
	const of = (wantsRight: boolean): number[] =>
		all.filter(({ isRight }) => isRight === wantsRight).map(({ index }) => index);
	return { right: spread(ofEachClass(of(true), labels), wanted), wrong: spread(of(false), wanted) };
}

/** The first of each class. */
function ofEachClass(indices: readonly number[], labels: ArrayLike<number>): number[] {
	const first = new Map<number, number>();
	for (const index of indices) {
		const label = labels[index] ?? 0;
		if (!first.has(label)) first.set(label, index);
	}
	return [...first].sort(([a], [b]) => a - b).map(([, index]) => index);
}

function spread(items: readonly number[], wanted: number): number[] {
	const count = Math.min(wanted, items.length);
	return Array.from({ length: count }, (_, i) => items[Math.floor((i * items.length) / count)] ?? 0);
}
