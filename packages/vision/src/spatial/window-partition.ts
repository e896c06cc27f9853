import * as tf from "@tensorflow/tfjs-core";

/** How a map is cut into windows. */
export interface WindowLayout {
	/** Of the map, which is filled up to whole windows. */
	readonly height: number;
	readonly width: number;
	/** Pixels on a side of a window. */
	readonly size: number;
	/** By how many pixels the windows are moved down and to the right. */
	readonly shift: readonly [vertical: number, horizontal: number];
}

const filled = (length: number, size: number): number => Math.ceil(length / size) * size;

/** Along a side that one window covers nothing moves. */
export function windowLayout(height: number, width: number, size: number, shift: number): WindowLayout {
	const along = (length: number): number => (length <= size ? 0 : shift);
	return { height, width, size, shift: [along(height), along(width)] };
}

/** How many windows there are. */
export function windowCount({ height, width, size }: WindowLayout): number {
	return (filled(height, size) / size) * (filled(width, size) / size);
}

/** Moves everything up or left by `by`, and what falls out back in at the other end. */
function roll(x: tf.Tensor4D, by: number, axis: 1 | 2): tf.Tensor4D {
	const length = x.shape[axis];
	const first = (((by % length) + length) % length) as number;
	if (first === 0) return x;
	const part = (from: number, size: number): tf.Tensor4D => {
		const begin = [0, 0, 0, 0] as [number, number, number, number];
		const extent: [number, number, number, number] = [...x.shape];
		begin[axis] = from;
		extent[axis] = size;
		return tf.slice(x, begin, extent);
	};
	return tf.concat([part(first, length - first), part(0, first)], axis);
}

/** The pixels of every window, `[batch · windows, size², channels]`; zeros where the map was filled up. */
export function toWindows(x: tf.Tensor4D, layout: WindowLayout): tf.Tensor3D {
	const [batch, height, width, channels] = x.shape;
	const { size, shift } = layout;
	const [high, wide] = [filled(height, size), filled(width, size)];
	const whole: tf.Tensor4D = tf.pad(x, [
		[0, 0],
		[0, high - height],
		[0, wide - width],
		[0, 0],
	]);
	const moved = roll(roll(whole, shift[0], 1), shift[1], 2);
	const rows = tf.reshape(moved, [(batch * high) / size, size, wide / size, size * channels]);
	const windows = tf.transpose(rows, [0, 2, 1, 3]); // [B · rows, columns, size, size · C]
	return tf.reshape(windows, [-1, size * size, channels]);
}

/** The map that {@link toWindows} cut up. */
export function fromWindows(windows: tf.Tensor3D, layout: WindowLayout): tf.Tensor4D {
	const channels = windows.shape[2];
	const { height, width, size, shift } = layout;
	const [high, wide] = [filled(height, size), filled(width, size)];
	const cut = tf.reshape(windows, [-1, wide / size, size, size * channels]);
	const whole: tf.Tensor4D = tf.reshape(tf.transpose(cut, [0, 2, 1, 3]), [-1, high, wide, channels]);
	const back = roll(roll(whole, -shift[0], 1), -shift[1], 2);
	return tf.slice(back, [0, 0, 0, 0], [-1, height, width, -1]);
}

/**
 * Which pixels of a window may look at which, `[windows, size², size²]`: those that were neighbours before the move, and none where
 * the map was filled up.
 */
export function windowMask(layout: WindowLayout): tf.Tensor3D {
	const { height, width, size, shift } = layout;
	const [high, wide] = [filled(height, size), filled(width, size)];
	// After the move the pixels of the last window come from both ends of the map.
	const part = (at: number, length: number, by: number): number => (by > 0 && at >= length - by ? 1 : 0);
	const columns = wide / size;
	const area = size * size;
	const values = new Uint8Array(windowCount(layout) * area * area);
	const place = (window: number, p: number): readonly [row: number, column: number] => [
		Math.floor(window / columns) * size + Math.floor(p / size),
		(window % columns) * size + (p % size),
	];
	for (let window = 0; window < windowCount(layout); window++) {
		for (let key = 0; key < area; key++) {
			const [row, column] = place(window, key);
			const isPixel = (row + shift[0]) % high < height && (column + shift[1]) % wide < width;
			if (!isPixel) continue;
			for (let query = 0; query < area; query++) {
				const [ownRow, ownColumn] = place(window, query);
				const together =
					part(row, high, shift[0]) === part(ownRow, high, shift[0]) &&
					part(column, wide, shift[1]) === part(ownColumn, wide, shift[1]);
				values[(window * area + query) * area + key] = Number(together);
			}
		}
	}
	return tf.tensor3d(values, [windowCount(layout), area, area], "bool");
}

/** For every pair of pixels of a window the row of a table of `(2 · size − 1)²` differences, `[size², size²]`. */
export function relativeIndex(size: number): tf.Tensor2D {
	const area = size * size;
	const values = Int32Array.from({ length: area * area }, (_, pair) => {
		const [query, key] = [Math.floor(pair / area), pair % area];
		const down = Math.floor(query / size) - Math.floor(key / size) + size - 1;
		const right = (query % size) - (key % size) + size - 1;
		return down * (2 * size - 1) + right;
	});
	return tf.tensor2d(values, [area, area], "int32");
}
