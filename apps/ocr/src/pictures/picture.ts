/** What the network sees of a word: so many rows and columns of grey. */
export const pictureHeight = 24;
export const pictureWidth = 64;

/** A grey picture of a word. */
export interface WordPicture {
	readonly height: number;
	readonly width: number;
	/** 0 (black) to 1, row by row. */
	readonly pixels: Float32Array;
}

/**
 * A picture as numbers for the network: mean 0, deviation 1, and the ground below the ink, whichever of both is darker.
 * The ground is what most pixels of the outermost rows are.
 */
export function normalize({ height, width, pixels }: WordPicture): Float32Array {
	let [sum, squares, edge] = [0, 0, 0];
	pixels.forEach((value, i) => {
		sum += value;
		squares += value * value;
		const row = Math.floor(i / width);
		if (row === 0 || row === height - 1) edge += value;
	});
	const mean = sum / pixels.length;
	const deviation = Math.sqrt(Math.max(0, squares / pixels.length - mean * mean)) + 1e-3;
	const sign = edge / (2 * width) > mean ? -1 : 1;
	return pixels.map((value) => (sign * (value - mean)) / deviation);
}
