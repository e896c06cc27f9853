/** Red, green and blue of each pixel, row by row, `[height, width, 3]`. */
export interface Pixels {
	readonly width: number;
	readonly height: number;
	readonly data: Uint8Array;
}

/**
 * Makes a picture square: what is larger is averaged over the area that a new pixel covers, what is smaller is repeated.
 * All of it stays in view, so that a wide picture gets narrower than it was.
 */
export function resizePixels({ width, height, data }: Pixels, size: number): Uint8Array {
	const columns = shares(width, size);
	const rows = shares(height, size);
	const resized = new Uint8Array(size * size * 3);
	for (const [row, down] of rows.entries()) {
		for (const [column, along] of columns.entries()) {
			const sums = [0, 0, 0];
			for (const [y, tall] of down) {
				for (const [x, wide] of along) {
					const from = (y * width + x) * 3;
					for (let c = 0; c < 3; c++) sums[c] = (sums[c] ?? 0) + tall * wide * (data[from + c] ?? 0);
				}
			}
			resized.set(sums.map(Math.round), (row * size + column) * 3);
		}
	}
	return resized;
}

/** Which old pixels each new one covers, and with which share of it. */
function shares(from: number, to: number): (readonly [index: number, share: number])[][] {
	const scale = from / to;
	return Array.from({ length: to }, (_, i) => {
		const [start, end] = [i * scale, (i + 1) * scale];
		const parts: [number, number][] = [];
		for (let at = Math.floor(start); at < Math.min(from, Math.ceil(end - 1e-9)); at++) {
			parts.push([at, (Math.min(at + 1, end) - Math.max(at, start)) / scale]);
		}
		return parts;
	});
}
