import type { Picture } from "./picture.ts";

/** A part of a picture in pixels. It may begin and end within a pixel, and beyond the picture. */
export interface Part {
	readonly top: number;
	readonly left: number;
	readonly height: number;
	readonly width: number;
}

/** What {@link resizeArea} accepts. */
export interface ResizeOptions {
	readonly height: number;
	readonly width: number;
	/** What is shown. Default: the whole picture. */
	readonly part?: Part;
	/** The value beyond the picture. Default: that of the pixel at its edge. */
	readonly beyond?: number;
}

/**
 * A part of a picture in another size. Every new pixel is the mean of the area that it covers, which is at least one pixel
 * high and wide: what is made larger is interpolated between the old pixels.
 */
export function resizeArea(picture: Picture, { height, width, part, beyond }: ResizeOptions): Picture {
	const { colors, values } = picture;
	const shown = part ?? { top: 0, left: 0, height: picture.height, width: picture.width };
	const clamp = beyond === undefined;
	const rows = sharesOf(shown.top, shown.height, height, picture.height, clamp);
	const columns = sharesOf(shown.left, shown.width, width, picture.width, clamp);
	const resized = new Float32Array(height * width * colors);
	rows.forEach((above, y) => {
		columns.forEach((beside, x) => {
			const to = (y * width + x) * colors;
			if (beyond !== undefined) resized.fill(beyond * (1 - sumOf(above) * sumOf(beside)), to, to + colors);
			for (const [row, tall] of above) {
				for (const [column, wide] of beside) {
					const from = (row * picture.width + column) * colors;
					for (let c = 0; c < colors; c++) {
						resized[to + c] = (resized[to + c] ?? 0) + tall * wide * (values[from + c] ?? 0);
					}
				}
			}
		});
	});
	return { height, width, colors, values: resized };
}

type Share = readonly [index: number, share: number];

/** For each new row or column the old ones that it covers, with their shares of it, which add up to 1 within the picture. */
function sharesOf(first: number, length: number, count: number, limit: number, clamp: boolean): Share[][] {
	const scale = length / count;
	const span = Math.max(1, scale);
	return Array.from({ length: count }, (_, i) => {
		const start = first + (i + 0.5) * scale - span / 2;
		const shares: Share[] = [];
		for (let at = Math.floor(start); at < start + span; at++) {
			const share = (Math.min(at + 1, start + span) - Math.max(at, start)) / span;
			const inside = Math.min(limit - 1, Math.max(0, at));
			if (share > 1e-9 && (clamp || inside === at)) shares.push([inside, share]);
		}
		return shares;
	});
}

function sumOf(shares: readonly Share[]): number {
	return shares.reduce((sum, [, share]) => sum + share, 0);
}
