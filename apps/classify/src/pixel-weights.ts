import type { AttentionData } from "@heed/layers";

/** How much one picture's places count for a layer. */
export interface PixelWeights {
	readonly layer: string;
	readonly rows: number;
	readonly columns: number;
	/** `rows * columns` of them. */
	readonly weights: Float32Array;
}

/** Rows and columns of a map. */
type MapSize = readonly [rows: number, columns: number];

/**
 * What a capture record says of the places of one picture: the weight of each, the mean over the channels, or, where pixels
 * look at pixels, how much each is looked at, the mean over those that look and over the heads.
 *
 * @param size Of the map that the layer attends to: pixels that look at pixels are numbered, which does not tell rows.
 * @returns Nothing for a record that says nothing of places.
 */
export function pixelWeights(record: AttentionData, item: number, size: MapSize): PixelWeights | undefined {
	const { layer, axes, shape, weights } = record;
	const per = weights.length / (shape[0] ?? 1);
	const own = weights.subarray(item * per, (item + 1) * per);
	const [, a = 0, b = 0, c = 0, d = 0] = shape;
	const map = (rows: number, columns: number, found: Float32Array): PixelWeights => ({
		layer,
		rows,
		columns,
		weights: found,
	});
	switch (axes.slice(1).join(" ")) {
		case "height width":
			return map(a, b, own.slice());
		case "height width channel":
			return map(a, b, lastMeans(own, c));
		case "height width key":
			return map(a, b, alongCrosses(own, a, b));
		case "heads query key":
			return c === size[0] * size[1] ? map(...size, columnMeans(own, c)) : undefined;
		case "window heads query key":
			return map(...size, ofWindows(own, { windows: a, keys: d, size }));
		default:
			return undefined;
	}
}

/** Means over a last axis. */
function lastMeans(values: Float32Array, last: number): Float32Array {
	return Float32Array.from({ length: values.length / last }, (_, i) => {
		let sum = 0;
		for (let j = 0; j < last; j++) sum += values[i * last + j] ?? 0;
		return sum / last;
	});
}

/** Means over all axes but the last. */
function columnMeans(values: Float32Array, columns: number): Float32Array {
	const means = new Float32Array(columns);
	const rows = values.length / columns;
	values.forEach((value, i) => {
		means[i % columns] = (means[i % columns] ?? 0) + value / rows;
	});
	return means;
}

/** Every pixel has weights for its column from above and then its row from the left. */
function alongCrosses(values: Float32Array, rows: number, columns: number): Float32Array {
	const received = new Float32Array(rows * columns);
	const keys = rows + columns;
	values.forEach((value, i) => {
		const key = i % keys;
		const pixel = Math.floor(i / keys);
		const to =
			key < rows ? key * columns + (pixel % columns) : Math.floor(pixel / columns) * columns + key - rows;
		received[to] = (received[to] ?? 0) + value / (rows * columns);
	});
	return received;
}

/** Windows row by row, and the pixels in them row by row; what sticks out of the map is left out. */
function ofWindows(
	values: Float32Array,
	{
		windows,
		keys,
		size: [rows, columns],
	}: { windows: number; keys: number; size: readonly [number, number] },
): Float32Array {
	const side = Math.sqrt(keys);
	const across = Math.ceil(columns / side);
	const found = new Float32Array(rows * columns);
	const per = values.length / windows;
	for (let window = 0; window < windows; window++) {
		columnMeans(values.subarray(window * per, (window + 1) * per), keys).forEach((value, key) => {
			const row = Math.floor(window / across) * side + Math.floor(key / side);
			const column = (window % across) * side + (key % side);
			if (row < rows && column < columns) found[row * columns + column] = value;
		});
	}
	return found;
}
