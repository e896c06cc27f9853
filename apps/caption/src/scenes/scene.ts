import type { Random } from "@heed/command-line";

export const sizes = ["small", "big"] as const;
export const colors = ["red", "green", "blue", "yellow", "purple", "white"] as const;
export const shapes = ["circle", "square", "triangle", "cross"] as const;

/** What a thing in a scene looks like. */
export interface Look {
	readonly size: (typeof sizes)[number];
	readonly color: (typeof colors)[number];
	readonly shape: (typeof shapes)[number];
}

/** A thing and where its middle is, in 0 … 1 of the picture, x to the right and y down. */
export interface Thing extends Look {
	readonly x: number;
	readonly y: number;
}

/** Two or three things that do not touch. No two have both the same colour and the same shape. */
export interface Scene {
	readonly things: readonly Thing[];
}

/** Combinations of a colour and a shape that no scene for training has: one of each shape, each of another colour. */
export const newCombinations = ["purple circle", "green square", "red triangle", "yellow cross"] as const;

const combinations = colors.flatMap((color) => shapes.map((shape) => ({ color, shape })));
const isNew = ({ color, shape }: Pick<Look, "color" | "shape">): boolean =>
	newCombinations.some((name) => name === `${color} ${shape}`);
const [known, unseen] = [combinations.filter((look) => !isNew(look)), combinations.filter(isNew)];

/** A scene has three by three places, each with at most one thing, which stands off the middle of its place by chance. */
const cells = Array.from({ length: 9 }, (_, cell) => ({ column: cell % 3, row: Math.floor(cell / 3) }));
const [jitter, jitterSteps] = [0.04, 9];

/** Makes up a scene of known combinations, or of one new one among known ones. */
export function drawScene(random: Random, { withNew = false }: { readonly withNew?: boolean } = {}): Scene {
	const count = 2 + random.below(2);
	const looks = random.sample(known, withNew ? count - 1 : count);
	if (withNew) looks.push(random.pick(unseen));
	const places = random.sample(cells, count);
	const off = (): number => (jitter * (2 * random.below(jitterSteps))) / (jitterSteps - 1) - jitter;
	const things = looks.map((look, i) => {
		const { column, row } = places[i] as (typeof cells)[number];
		return { size: random.pick(sizes), ...look, x: (column + 0.5) / 3 + off(), y: (row + 0.5) / 3 + off() };
	});
	return { things };
}
