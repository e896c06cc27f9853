import type { Random } from "@heed/command-line";
import type { Scene, Thing } from "./scene.ts";

/** What one thing can be to another, in words. */
export const relations = ["left of", "right of", "above", "below"] as const;
export type Relation = (typeof relations)[number];

/** A difference below this, in widths of the picture, is no relation. */
const leastDistance = 0.1;

/** Whether the relation holds between two things. */
export function holds(relation: Relation, first: Thing, second: Thing): boolean {
	const distance = {
		"left of": second.x - first.x,
		"right of": first.x - second.x,
		above: second.y - first.y,
		below: first.y - second.y,
	}[relation];
	return distance > leastDistance;
}

/** Where a thing is: `at the top left`, `in the middle`. */
export function placeOf({ x, y }: Thing): string {
	const vertical = ["top", "", "bottom"][Math.floor(3 * y)];
	const horizontal = ["left", "", "right"][Math.floor(3 * x)];
	const words = [vertical, horizontal].filter((word) => word !== "").join(" ");
	return words === "" ? "in the middle" : `at the ${words}`;
}

/** All that {@link placeOf} can say. */
export const places: readonly string[] = [1, 3, 5].flatMap((y) =>
	[1, 3, 5].map((x) => placeOf({ x: x / 6, y: y / 6 } as Thing)),
);

/**
 * Says something true about a scene:
 *
 *     caption  = thing relation thing | "there is" thing relation thing | thing "is" relation thing
 *              | thing "and" thing relation thing | thing place "and" thing place
 *     thing    = ("a" | "the") ["small"] colour shape
 *     relation = "left of" | "right of" | "above" | "below"
 *     place    = "in the middle" | "at the" ["top" | "bottom"] ["left" | "right"]
 *
 * The thing that stands out is named first: a big one before a small one, else the upper left before the lower right. Of two
 * relations that hold, the one with the larger distance is said.
 */
export function describeScene(scene: Scene, random: Random): string {
	const [first, ...rest] = [...scene.things].sort(bySalience) as [Thing, ...Thing[]];
	const [second, third] = random.sample(rest, rest.length) as [Thing, Thing?];
	const name = (thing: Thing, article = "a"): string => {
		const { size, color, shape } = thing;
		return [article, ...(size === "small" ? [size] : []), color, shape].join(" ");
	};
	const said = mainRelation(first, second);
	const form = random.pick(["plain", "there is", "is", "place", "and"] as const);
	if (form === "is") return `${name(first, "the")} is ${said} ${name(second, "the")}`;
	if (form === "there is") return `there is ${name(first)} ${said} ${name(second)}`;
	if (form === "place") return `${name(first)} ${placeOf(first)} and ${name(second)} ${placeOf(second)}`;
	if (form === "and" && third !== undefined) {
		const common = mainRelation(first, third);
		if (mainRelation(second, third) === common) {
			return `${name(first)} and ${name(second)} ${common} ${name(third)}`;
		}
	}
	return `${name(first)} ${said} ${name(second)}`;
}

/** Several different captions of a scene. */
export function describeOften(scene: Scene, count: number, random: Random): string[] {
	const captions = new Set<string>();
	while (captions.size < count) captions.add(describeScene(scene, random));
	return [...captions];
}

function bySalience(first: Thing, second: Thing): number {
	if (first.size !== second.size) return first.size === "big" ? -1 : 1;
	const place = ({ x, y }: Thing): number => 3 * Math.floor(3 * y) + Math.floor(3 * x);
	return place(first) - place(second);
}

function mainRelation(first: Thing, second: Thing): Relation {
	const [right, down] = [second.x - first.x, second.y - first.y];
	if (Math.abs(right) >= Math.abs(down)) return right > 0 ? "left of" : "right of";
	return down > 0 ? "above" : "below";
}
