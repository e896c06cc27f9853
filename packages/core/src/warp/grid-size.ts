import { checkNumber } from "../checks.ts";

/** The size of a grid to make. */
export type GridSize = readonly [outHeight: number, outWidth: number];

/** Options of the functions that make a grid. */
export interface GridOptions {
	/**
	 * True: -1 and 1 are the centres of the outermost pixels. False, the default: they are the outer edges. Give
	 * `gridSample` the same value.
	 */
	readonly alignCorners?: boolean | undefined;
}

/** Refuses a grid size that is not two positive whole numbers. */
export function checkGridSize(where: string, [outHeight, outWidth]: GridSize): void {
	checkNumber(where, "outHeight", outHeight, { integer: true, min: 1 });
	checkNumber(where, "outWidth", outWidth, { integer: true, min: 1 });
}
