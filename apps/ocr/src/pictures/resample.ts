/** A part of a picture: the left and upper side, and how far it reaches. */
export interface Part {
	readonly left: number;
	readonly top: number;
	readonly width: number;
	readonly height: number;
}

/** Rows of pixels of so many numbers each. */
export interface Pixels {
	readonly height: number;
	readonly width: number;
	readonly pixels: Float32Array;
}

/**
 * A part of a picture in another size: every new pixel is the mean of evenly spread points of what it covers, each mixed of the four
 * pixels around it.
 */
export function resample(
	{ height, width, pixels }: Pixels,
	part: Part,
	to: { readonly height: number; readonly width: number },
): Float32Array {
	const channels = pixels.length / (height * width);
	const rows = taps(part.top, part.height, to.height, height);
	const columns = taps(part.left, part.width, to.width, width);
	const result = new Float32Array(to.height * to.width * channels);
	rows.forEach((above, y) => {
		columns.forEach((beside, x) => {
			for (const [row, tall] of above) {
				for (const [column, wide] of beside) {
					for (let channel = 0; channel < channels; channel++) {
						const at = (y * to.width + x) * channels + channel;
						const value = pixels[(row * width + column) * channels + channel] ?? 0;
						result[at] = (result[at] ?? 0) + tall * wide * value;
					}
				}
			}
		});
	});
	return result;
}

/** For every new place the old ones with their weights, which sum to 1. */
function taps(
	from: number,
	length: number,
	count: number,
	limit: number,
): [place: number, weight: number][][] {
	const scale = length / count;
	const points = Math.max(1, Math.ceil(scale));
	return Array.from({ length: count }, (_, i) => {
		const weights = new Map<number, number>();
		for (let point = 0; point < points; point++) {
			const at = from + scale * (i + (point + 0.5) / points) - 0.5;
			const low = Math.floor(at);
			for (const [place, weight] of [
				[low, low + 1 - at],
				[low + 1, at - low],
			] as const) {
				const inside = Math.min(limit - 1, Math.max(0, place));
				weights.set(inside, (weights.get(inside) ?? 0) + weight / points);
			}
		}
		return [...weights];
	});
}
