import { colors, type Scene, shapes, sizes } from "./scene.ts";

const looks = [
	["size", sizes],
	["color", colors],
	["shape", shapes],
] as const;

/** How many classes there are of sizes, colours and shapes, each with one for nothing. */
export const seenGroups: readonly number[] = looks.map(([, names]) => names.length + 1);
const classes = seenGroups.reduce((sum, size) => sum + size, 0);

/** What stands in each ninth of a scene, row by row: 1 at its size, its colour and its shape, or at nothing, `[9, classes]`. */
export function seenPlaces({ things }: Scene): Float32Array {
	const seen = new Float32Array(9 * classes);
	for (let ninth = 0; ninth < 9; ninth++) {
		const thing = things.find(({ x, y }) => 3 * Math.floor(3 * y) + Math.floor(3 * x) === ninth);
		let start = ninth * classes;
		for (const [aspect, names] of looks) {
			seen[start + (thing === undefined ? 0 : 1 + names.indexOf(thing[aspect] as never))] = 1;
			start += names.length + 1;
		}
	}
	return seen;
}
