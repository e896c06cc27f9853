import { hashText } from "@heed/nlp";

/** Draws a whole number from 0 to below `count`. */
export type Draw = (count: number) => number;

/** Numbers that follow from the seed and the name alone. */
export function drawFor(seed: number, name: string): Draw {
	let drawn = 0;
	return (count) => Math.floor((hashText(`${name} ${drawn++}`, seed) / 2 ** 32) * count);
}

/** One of several. */
export function pick<Item>(items: readonly Item[], draw: Draw): Item {
	return items[draw(items.length)] as Item;
}

/** So many different ones, in an order of chance. */
export function sample<Item>(items: readonly Item[], count: number, draw: Draw): Item[] {
	const left = [...items];
	return Array.from({ length: count }, () => left.splice(draw(left.length), 1)[0] as Item);
}
