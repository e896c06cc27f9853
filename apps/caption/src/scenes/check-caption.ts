import { holds, placeOf, places, type Relation, relations } from "./describe-scene.ts";
import { colors, type Look, type Scene, shapes, type Thing } from "./scene.ts";

/** How far a caption is right about a scene, each step only if the one before. */
export interface CaptionCheck {
	/** It follows the grammar of `describeScene`. */
	readonly grammatical: boolean;
	/** Every thing that it names is there, each another one. */
	readonly things: boolean;
	/** And where it says. */
	readonly true: boolean;
}

/** A thing as it is named; what is not called small may have any size. */
type Named = Omit<Look, "size"> & Partial<Pick<Look, "size">>;

/** What a caption claims: `[relation, first, second]` by the order in which things are named, and where they are. */
interface Claims {
	readonly named: readonly Named[];
	readonly relations: readonly (readonly [Relation, number, number])[];
	readonly places: readonly string[];
}

const either = (words: readonly string[]): string => `(${words.join("|")})`;
const thing = `(?:a|the) (?:(small) )?${either(colors)} ${either(shapes)}`;
const relation = either(relations);
const place = either([...places].sort((a, b) => b.length - a.length)); // the longest that fits
const relationForm = new RegExp(`^(?:there is )?${thing}(?: is)? ${relation} ${thing}$`);
const togetherForm = new RegExp(`^${thing} and ${thing} ${relation} ${thing}$`);
const placeForm = new RegExp(`^${thing} ${place} and ${thing} ${place}$`);

/** Reads a caption by the grammar and compares what it claims with the scene, whatever else it might have said. */
export function checkCaption(caption: string, scene: Scene): CaptionCheck {
	const claims = readCaption(caption);
	if (claims === undefined) return { grammatical: false, things: false, true: false };
	const found = assignments(claims.named, scene.things);
	return {
		grammatical: true,
		things: found.length > 0,
		true: found.some((things) => isTrue(claims, things)),
	};
}

function readCaption(caption: string): Claims | undefined {
	const related = relationForm.exec(caption);
	if (related) {
		const [a, b, c, said, ...rest] = related.slice(1);
		return { named: [named(a, b, c), named(...rest)], relations: [[said as Relation, 0, 1]], places: [] };
	}
	const together = togetherForm.exec(caption);
	if (together) {
		const [a, b, c, d, e, f, said, ...rest] = together.slice(1);
		const third = named(...rest);
		const word = said as Relation;
		return {
			named: [named(a, b, c), named(d, e, f), third],
			relations: [
				[word, 0, 2],
				[word, 1, 2],
			],
			places: [],
		};
	}
	const placed = placeForm.exec(caption);
	if (placed === null) return undefined;
	const [a, b, c, first = "", d, e, f, second = ""] = placed.slice(1);
	return { named: [named(a, b, c), named(d, e, f)], relations: [], places: [first, second] };
}

function named(size?: string, color?: string, shape?: string): Named {
	return { ...(size && { size }), color, shape } as Named; // the expression knows no other words
}

/** All ways to find the named things among those of the scene, each another one. */
function assignments(names: readonly Named[], things: readonly Thing[]): Thing[][] {
	const [name, ...rest] = names;
	if (name === undefined) return [[]];
	return things
		.filter(
			({ size, color, shape }) =>
				color === name.color && shape === name.shape && (name.size ?? size) === size,
		)
		.flatMap((found) =>
			assignments(
				rest,
				things.filter((other) => other !== found),
			).map((others) => [found, ...others]),
		);
}

function isTrue(claims: Claims, things: readonly Thing[]): boolean {
	return (
		claims.relations.every(([said, first, second]) =>
			holds(said, things[first] as Thing, things[second] as Thing),
		) && claims.places.every((said, i) => placeOf(things[i] as Thing) === said)
	);
}
