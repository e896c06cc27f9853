/** Grey pictures of one size, each with its class. */
export interface LabelledImages {
	/** [count, height, width] row by row, 0 (background) to 255. */
	readonly images: Uint8Array;
	/** [count], from 0. */
	readonly labels: Uint8Array;
	readonly count: number;
	readonly height: number;
	readonly width: number;
}

/** What is trained with, and what is judged with. */
export interface ImageSets {
	readonly train: LabelledImages;
	readonly test: LabelledImages;
}

/** The pictures at some places, in that order. */
export function pickImages(from: LabelledImages, indices: readonly number[]): LabelledImages {
	const { height, width } = from;
	const size = height * width;
	const images = new Uint8Array(indices.length * size);
	indices.forEach((index, i) => {
		images.set(from.images.subarray(index * size, (index + 1) * size), i * size);
	});
	const labels = Uint8Array.from(indices, (index) => from.labels[index] ?? 0);
	return { images, labels, count: indices.length, height, width };
}
