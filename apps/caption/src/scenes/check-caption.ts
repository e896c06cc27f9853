import { holds, placeOf } from "./describe-scene.ts";
import { type Claims, type Named, readCaption } from "./read-caption.ts";
import type { Scene, Thing } from "./scene.ts";

/** How far a caption is right about a scene, each step only if the one before. */
export interface CaptionCheck {
	/** It follows the grammar of `describeScene`. */
	readonly grammatical: boolean;
	/** Every thing that it names is there, each another one. */
	readonly things: boolean;
	/** And where it says. */
	readonly true: boolean;
}

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
