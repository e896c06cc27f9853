/** Who and what there is. */
export const people = ["mary", "john", "sandra", "daniel", "fred", "julie", "bill", "emily"] as const;
export const rooms = [
	"kitchen",
	"garden",
	"office",
	"hallway",
	"bedroom",
	"cellar",
	"attic",
	"bathroom",
] as const;
export const things = ["football", "apple", "milk", "book", "lamp", "hat"] as const;

/** Draws a whole number from 0 to below `count`. */
export type Draw = (count: number) => number;

/** Somebody gave something to somebody. */
export interface Gift {
	readonly giver: string;
	readonly thing: string;
	readonly receiver: string;
}

/** A story and what is true in it. */
export interface Story {
	readonly sentences: readonly string[];
	/** The rooms that each person was in, in order; a person whose place nobody told is absent. */
	readonly roomsOf: ReadonlyMap<string, readonly string[]>;
	/** The rooms that each thing was in, in order; a thing that nobody has touched is absent. */
	readonly placesOf: ReadonlyMap<string, readonly string[]>;
	/** Who has what. */
	readonly holderOf: ReadonlyMap<string, string>;
	readonly gifts: readonly Gift[];
}

const verbs = {
	go: ["went to", "walked to", "moved to"],
	take: ["took", "grabbed", "picked up"],
	drop: ["dropped", "left", "put down"],
	give: ["gave", "handed", "passed"],
} as const;

/**
 * Makes up a story of so many sentences: two to four people go from room to room, take things, put them down and hand
 * them to each other. Nobody does what cannot be: things are taken where they are, and handed over in one room.
 */
export function tellStory(draw: Draw, length: number): Story {
	const cast = sample(people, 2 + draw(3), draw);
	const scene = sample(rooms, 3 + draw(3), draw);
	const props = sample(things, 1 + draw(3), draw);
	const sentences: string[] = [];
	const roomsOf = new Map<string, string[]>();
	const placesOf = new Map<string, string[]>();
	const holderOf = new Map<string, string>();
	const gifts: Gift[] = [];
	const roomOf = (person: string): string | undefined => roomsOf.get(person)?.at(-1);
	const placeOf = (thing: string): string | undefined => placesOf.get(thing)?.at(-1);
	const tell = (who: string, does: keyof typeof verbs, rest: string): void => {
		sentences.push(`${who} ${pick(verbs[does], draw)} the ${rest} .`);
	};
	const note = (places: Map<string, string[]>, who: string, room: string): void => {
		const visited = places.get(who);
		if (visited === undefined) places.set(who, [room]);
		else if (visited.at(-1) !== room) visited.push(room);
	};

	while (sentences.length < length) {
		const who = pick(cast, draw);
		const here = roomOf(who);
		const held = props.filter((thing) => holderOf.get(thing) === who);
		const near = props.filter((thing) => !holderOf.has(thing) && [undefined, here].includes(placeOf(thing)));
		const company = cast.filter((other) => other !== who && here !== undefined && roomOf(other) === here);
		const act = draw(10);
		if (act < 3 && here !== undefined && near.length > 0) {
			const thing = pick(near, draw);
			holderOf.set(thing, who);
			note(placesOf, thing, here);
			tell(who, "take", thing);
		} else if (act < 5 && held.length > 0 && company.length > 0) {
			const gift = { giver: who, thing: pick(held, draw), receiver: pick(company, draw) };
			holderOf.set(gift.thing, gift.receiver);
			gifts.push(gift);
			tell(who, "give", `${gift.thing} to ${gift.receiver}`);
		} else if (act === 5 && held.length > 0) {
			const thing = pick(held, draw);
			holderOf.delete(thing);
			tell(who, "drop", thing);
		} else {
			const room = pick(
				scene.filter((other) => other !== here),
				draw,
			);
			note(roomsOf, who, room);
			for (const thing of held) note(placesOf, thing, room);
			tell(who, "go", room);
		}
	}
	return { sentences, roomsOf, placesOf, holderOf, gifts };
}

function pick<Item>(items: readonly Item[], draw: Draw): Item {
	return items[draw(items.length)] as Item;
}

function sample<Item>(items: readonly Item[], count: number, draw: Draw): Item[] {
	const rest = [...items];
	return Array.from({ length: count }, () => rest.splice(draw(rest.length), 1)[0] as Item);
}
