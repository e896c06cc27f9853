import { holds, placeOf } from "./describe-scene.ts";
import { type Claims, type Named, readCaption } from "./read-caption.ts";
import type { Scene, Thing } from "./scene.ts";

/** What captions claim, kind by kind. */
export const claimKinds = ["colours", "shapes", "sizes", "relations", "places"] as const;
export type ClaimKind = (typeof claimKinds)[number];

/** How many claims of each kind there are, and how many of them are right. */
export type ClaimCounts = Readonly<Record<ClaimKind, { readonly right: number; readonly all: number }>>;

/**
 * Counts what a caption claims of a scene, each claim for itself. Which thing it means is not said; the counts are those of the
 * guess, each named thing another one, by which most of all claims are right. Here a thing is big if it is not called small. A
 * caption that does not follow the grammar claims nothing.
 */
export function countClaims(caption: string, { things }: Scene): ClaimCounts {
	const claims = readCaption(caption);
	if (claims === undefined) return countsOf(() => []);
	const guesses = arrangements(things, claims.named.length).map((meant) => verdicts(claims, meant));
	const right = (guess: Verdicts): number => claimKinds.flatMap((kind) => guess[kind]).filter(Boolean).length;
	const best = guesses.reduce((one, other) => (right(other) > right(one) ? other : one));
	return countsOf((kind) => best[kind]);
}

/** Whether each claim of a kind is right. */
type Verdicts = Readonly<Record<ClaimKind, readonly boolean[]>>;
/** The thing that each name means; there may be more names than things. */
type Meant = readonly (Thing | undefined)[];

function verdicts({ named, relations, places }: Claims, meant: Meant): Verdicts {
	const each = (isRight: (name: Named, thing: Thing) => boolean): boolean[] =>
		named.map((name, i) => meant[i] !== undefined && isRight(name, meant[i]));
	return {
		colours: each((name, thing) => name.color === thing.color),
		shapes: each((name, thing) => name.shape === thing.shape),
		sizes: each((name, thing) => (name.size ?? "big") === thing.size),
		relations: relations.map(([said, a, b]) => {
			const [first, second] = [meant[a], meant[b]];
			return first !== undefined && second !== undefined && holds(said, first, second);
		}),
		places: places.map((said, i) => meant[i] !== undefined && placeOf(meant[i]) === said),
	};
}

/** All ways to put things in a row of `count`, each at most once, with gaps where there are too few. */
function arrangements(things: readonly (Thing | undefined)[], count: number): Meant[] {
	if (count === 0) return [[]];
	const padded = Array.from({ length: Math.max(count, things.length) }, (_, i) => things[i]);
	return padded.flatMap((thing, i) =>
		arrangements(
			padded.filter((_, k) => k !== i),
			count - 1,
		).map((others) => [thing, ...others]),
	);
}

function countsOf(verdictsOf: (kind: ClaimKind) => readonly boolean[]): ClaimCounts {
	const counted = claimKinds.map((kind) => {
		const all = verdictsOf(kind);
		return [kind, { right: all.filter(Boolean).length, all: all.length }];
	});
	return Object.fromEntries(counted) as ClaimCounts;
}
