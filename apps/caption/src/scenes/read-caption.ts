import { places, type Relation, relations } from "./describe-scene.ts";
import { colors, type Look, shapes } from "./scene.ts";

/** A thing as it is named; what is not called small may have any size. */
export type Named = Omit<Look, "size"> & Partial<Pick<Look, "size">>;

/** What a caption claims: `[relation, first, second]` by the order in which things are named, and where they are. */
export interface Claims {
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

/** What a caption claims, or `undefined` if it is not one of the grammar of `describeScene`. */
export function readCaption(caption: string): Claims | undefined {
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
