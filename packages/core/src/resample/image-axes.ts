import type { Tensor4D } from "@tensorflow/tfjs-core";
import { checkDtype, checkNumber, checkRank } from "../checks.ts";
import { HeedError } from "../errors.ts";

/** Two numbers for the two axes of an image, or one for both. */
export type Pair = number | readonly [vertical: number, horizontal: number];

/** How many pixels to add on each side: one number for all, or one per side. */
export type SidePadding =
	| number
	| readonly [
			vertical: readonly [top: number, bottom: number],
			horizontal: readonly [left: number, right: number],
	  ];

/** How far windows reach beyond an image: not at all, as far as there is an output for every step, or by so many pixels. */
export type WindowPadding = "valid" | "same" | SidePadding;

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
 * @param below What every number of an axis must be less than, vertical and horizontal. Default: no limit.
 */
export function resolveSides(
	where: string,
	padding: SidePadding,
	below?: readonly [number, number] | undefined,
): Sides {
	if (typeof padding === "number") {
		const limit = below && Math.min(...below);
		checkNumber(where, "padding", padding, { integer: true, min: 0, below: limit });
		return [
			[padding, padding],
			[padding, padding],
		];
	}
	for (const axis of [0, 1] as const) {
		for (const side of [0, 1] as const) {
			const range = { integer: true, min: 0, below: below?.[axis] };
			checkNumber(where, `padding[${axis}][${side}]`, padding[axis]?.[side], range);
		}
	}
	return padding;
}

/** Windows over an image, vertical and horizontal. */
export interface Windows {
	/** Height and width of the image. */
	readonly extent: readonly [number, number];
	/** What a window spans. */
	readonly size: readonly [number, number];
	/** Steps from window to window. */
	readonly strides: readonly [number, number];
}

/** Spells a {@link WindowPadding} out, the odd pixel of `same` after the image. For `below` see {@link resolveSides}. */
export function resolveWindowPadding(
	where: string,
	given: WindowPadding,
	{ extent, size, strides }: Windows,
	below?: readonly [number, number],
): Sides {
	if (given === "valid") return resolveSides(where, 0, below);
	if (given === "same") {
		const sides = (axis: 0 | 1): readonly [number, number] => {
			const steps = Math.ceil(extent[axis] / strides[axis]) - 1;
			const total = Math.max(steps * strides[axis] + size[axis] - extent[axis], 0);
			return [Math.floor(total / 2), Math.ceil(total / 2)];
		};
		return [sides(0), sides(1)];
	}
	if (typeof given === "number" || Array.isArray(given)) return resolveSides(where, given, below);
	const message = `\`padding\` is ${JSON.stringify(given)}; expected 'valid', 'same', a number, or [[top, bottom], [left, right]].`;
	throw new HeedError("OPTION", where, message);
}

/** How many windows fit, vertical and horizontal; below 1 where there is no room for one. */
export function countWindows({ extent, size, strides }: Windows, padding: Sides): readonly [number, number] {
	const count = (axis: 0 | 1): number =>
		Math.floor((extent[axis] + padding[axis][0] + padding[axis][1] - size[axis]) / strides[axis]) + 1;
	return [count(0), count(1)];
}
