import type { PathCommand } from "opentype.js";

/** The sides of a box. */
interface Box {
	readonly left: number;
	readonly top: number;
	readonly right: number;
	readonly bottom: number;
}

/** So many straight lines stand for a curve: at 20 pixels to the em that is exact to a hundredth of a pixel or so. */
const piecesOfCurve = 6;

/** Makes straight lines of a path: four numbers each, x and y of both ends. */
export function flatten(commands: readonly PathCommand[]): number[] {
	const lines: number[] = [];
	let [x, y, startX, startY] = [0, 0, 0, 0];
	const lineTo = (toX: number, toY: number): void => {
		lines.push(x, y, toX, toY);
		[x, y] = [toX, toY];
	};
	for (const { type, x: toX = 0, y: toY = 0, x1 = 0, y1 = 0, x2 = 0, y2 = 0 } of commands) {
		if (type === "M") [x, y, startX, startY] = [toX, toY, toX, toY];
		else if (type === "L") lineTo(toX, toY);
		else if (type === "Z") lineTo(startX, startY);
		else {
			const [fromX, fromY] = [x, y];
			for (let piece = 1; piece <= piecesOfCurve; piece++) {
				const t = piece / piecesOfCurve;
				const s = 1 - t;
				if (type === "Q") {
					lineTo(s * s * fromX + 2 * s * t * x1 + t * t * toX, s * s * fromY + 2 * s * t * y1 + t * t * toY);
				} else {
					const [a, b, c, d] = [s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t];
					lineTo(a * fromX + b * x1 + c * x2 + d * toX, a * fromY + b * y1 + c * y2 + d * toY);
				}
			}
		}
	}
	return lines;
}

/** The smallest box around lines. */
export function boxOf(lines: ArrayLike<number>): Box {
	let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
	for (let i = 0; i < lines.length; i += 2) {
		const [x = 0, y = 0] = [lines[i], lines[i + 1]];
		[left, right] = [Math.min(left, x), Math.max(right, x)];
		[top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
	}
	return { left, top, right, bottom };
}
