import { mixBits } from "@heed/core";

/** Draws the next number, 0 ≤ x < 1. */
export type Draw = () => number;

/**
 * Numbers that follow from a key alone: whatever else is drawn, and in whatever order, the same key gives the same numbers.
 *
 * @param key Whole numbers, such as a seed, an epoch and the place of a picture.
 */
export function drawsOf(...key: readonly number[]): Draw {
	const start = key.reduce((hash, number) => mixBits(hash ^ mixBits(number + 0x9e3779b9)), 0);
	let count = 0;
	return () => mixBits(start + Math.imul(++count, 0x9e3779b9)) / 2 ** 32;
}

/** An even choice of a number between two. */
export function between(draw: Draw, low: number, high: number): number {
	return low + (high - low) * draw();
}

/** A whole number from 0, below `count`. */
export function pick(draw: Draw, count: number): number {
	return Math.floor(draw() * count);
}
