import type { AttentionMap } from "../attention-map.ts";
import { VizError } from "../errors.ts";

/** A line over an image: an outline, a path, or a dot. Points are in pixels of the image. */
export interface ImageMark {
	/** `[x, y]` each: x to the right, y down; (0, 0) is the upper left corner of the first pixel. */
	readonly points: readonly (readonly number[])[];
	/** Whether the last point is joined to the first: a box is a closed mark of four points. Default false: a path with dots. */
	readonly closed?: boolean;
	/** Written beside the first point. */
	readonly label?: string;
}

/** Attention weights that lie over a whole image. */
export interface ImageHeat {
	/** `weights[row * columns + column]`. NaN is drawn as such, infinities as the ends of the range. */
	readonly weights: ArrayLike<number>;
	readonly rows: number;
	readonly columns: number;
	/** Whether weights between the places are mixed of those around. Default false: each place is a box. */
	readonly smooth?: boolean;
}

/**
 * An image and what was seen in it: plain data, so that it can come from any model, library or file.
 */
export interface AttentionImage {
	/** Written above the picture. */
	readonly title?: string;
	/** Written below it. */
	readonly caption?: string;
	readonly height: number;
	readonly width: number;
	/** 0 (black) to 1, row by row: `height * width` grey values or `height * width * 3` of red, green and blue. */
	readonly pixels: ArrayLike<number>;
	readonly heat?: ImageHeat;
	readonly marks?: readonly ImageMark[];
}

/** Refuses an image whose parts do not fit each other. */
export function checkImage(where: string, image: AttentionImage): void {
	if (typeof image !== "object" || image === null) {
		throw new VizError("SHAPE", where, `the image is ${image}; expected { height, width, pixels }.`);
	}
	const { height, width, pixels, heat, marks = [] } = image;
	checkGrid(where, { height, width });
	const size = height * width;
	if (pixels?.length !== size && pixels?.length !== 3 * size) {
		throw new VizError(
			"SHAPE",
			where,
			`\`pixels\` has ${pixels?.length} numbers; expected ${size} (grey) or ${3 * size} (red, green, blue) for ${height} × ${width}.`,
		);
	}
	if (heat !== undefined) {
		const { rows, columns, weights } = heat;
		checkGrid(where, { rows, columns });
		if (weights?.length !== rows * columns) {
			throw new VizError(
				"SHAPE",
				where,
				`\`heat.weights\` has ${weights?.length} numbers; expected ${rows * columns} for ${rows} rows × ${columns} columns.`,
			);
		}
	}
	marks.forEach(({ points }, i) => {
		if (
			Array.isArray(points) &&
			points.length > 0 &&
			points.every((point) => point.length === 2 && point.every(Number.isFinite))
		)
			return;
		throw new VizError("SHAPE", where, `\`marks[${i}].points\` must be [x, y] pairs of finite numbers.`);
	});
}

function checkGrid(where: string, sizes: Record<string, number>): void {
	for (const [name, value] of Object.entries(sizes)) {
		if (Number.isInteger(value) && value > 0) continue;
		throw new VizError("SHAPE", where, `\`${name}\` is ${value}; expected a whole number of at least 1.`);
	}
}

/** The heat as a map, for the scale of all pictures. */
export function mapOfHeat({ weights, rows, columns }: ImageHeat): AttentionMap {
	const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i + 1}`);
	return { weights, queryTokens: numbers(rows), keyTokens: numbers(columns) };
}
