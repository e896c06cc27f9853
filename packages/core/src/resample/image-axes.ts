import type { Tensor4D } from "@tensorflow/tfjs-core";
import { checkDtype, checkNumber, checkRank } from "../checks.ts";

/** Two numbers for the two axes of an image, or one for both. */
export type Pair = number | readonly [vertical: number, horizontal: number];

/** How many pixels to add on each side: one number for all, or one per side. */
export type SidePadding =
	| number
	| readonly [
			vertical: readonly [top: number, bottom: number],
			horizontal: readonly [left: number, right: number],
	  ];

/** The padding of both axes, side by side. */
export type Sides = readonly [readonly [top: number, bottom: number], readonly [left: number, right: number]];

/** Refuses what is not a float32 image `[batch, height, width, channels]`. */
export function checkImage(where: string, x: Tensor4D): void {
	checkRank(where, "x", x, ["batch", "height", "width", "channels"]);
	checkDtype(where, "x", x, "float32");
}

/** Spells a {@link Pair} out; refuses numbers that are not whole and positive. */
export function resolvePair(where: string, name: string, pair: Pair): readonly [number, number] {
	const both = typeof pair === "number" ? ([pair, pair] as const) : pair;
	for (const axis of [0, 1] as const) {
		const label = typeof pair === "number" ? name : `${name}[${axis}]`;
		checkNumber(where, label, both[axis], { integer: true, min: 1 });
	}
	return both;
}

/**
 * Spells a {@link SidePadding} out.
 *
 * @param below What every number of an axis must be less than, vertical and horizontal.
 */
export function resolveSides(where: string, padding: SidePadding, below: readonly [number, number]): Sides {
	if (typeof padding === "number") {
		checkNumber(where, "padding", padding, { integer: true, min: 0, below: Math.min(...below) });
		return [
			[padding, padding],
			[padding, padding],
		];
	}
	for (const axis of [0, 1] as const) {
		for (const side of [0, 1] as const) {
			const range = { integer: true, min: 0, below: below[axis] };
			checkNumber(where, `padding[${axis}][${side}]`, padding[axis]?.[side], range);
		}
	}
	return padding;
}
