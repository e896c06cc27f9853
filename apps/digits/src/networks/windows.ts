import type { GlimpseWindow } from "@heed/vision";
import type { Window } from "./recognizer.ts";

/**
 * The squares that a glimpse takes in, as the glimpse sensor of `@heed/vision` cuts them.
 *
 * @param location (x, y) in −1 … 1.
 */
export function windowsOf(
	[x, y]: readonly [number, number],
	[height, width]: readonly [number, number],
	{ patchSize, numScales, scale }: GlimpseWindow,
): Window[] {
	return Array.from({ length: numScales }, (_, i) => {
		const ratio = scale ** i;
		const side = patchSize * ratio;
		const first = (place: number, length: number): number =>
			Math.floor(((place + 1) * length) / 2) - Math.floor(side / 2);
		return { left: first(x, width), top: first(y, height), side, ratio };
	});
}
