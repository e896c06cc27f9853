import type { Picture } from "./picture.ts";
import type { Part } from "./resize-area.ts";

/** Differences of brightness below this are none. */
export const faintest = 0.02;

/** The brightness of the ground on which something is drawn: that in the middle of the outermost pixels of a grey picture. */
export function edgeLightness({ height, width, values }: Picture): number {
	const edge = values.filter((_, i) => {
		const [row, column] = [Math.floor(i / width), i % width];
		return row === 0 || column === 0 || row === height - 1 || column === width - 1;
	});
	return edge.sort()[(edge.length - 1) >> 1] ?? 0;
}

/** Whether a grey picture is dark on light. */
export function isLightAtEdge(picture: Picture): boolean {
	return edgeLightness(picture) > 0.5;
}

/**
 * The smallest box around what stands out of the ground of a grey picture.
 *
 * @param ground Its brightness.
 * @param share Pixels that differ from it by this share of the largest difference stand out.
 * @returns Nothing where no pixel does, because all are the same.
 */
export function inkBox({ height, width, values }: Picture, ground: number, share: number): Part | undefined {
	let most = 0;
	for (const value of values) most = Math.max(most, Math.abs(value - ground));
	if (most < faintest) return undefined;
	let [left, top, right, bottom] = [width, height, 0, 0];
	values.forEach((value, i) => {
		if (Math.abs(value - ground) < share * most) return;
		const [row, column] = [Math.floor(i / width), i % width];
		[left, right] = [Math.min(left, column), Math.max(right, column + 1)];
		[top, bottom] = [Math.min(top, row), Math.max(bottom, row + 1)];
	});
	return { top, left, height: bottom - top, width: right - left };
}
