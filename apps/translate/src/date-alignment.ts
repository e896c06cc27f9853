import { type DateField, dateCharacters } from "./date-characters.ts";
import type { GoldLinks } from "./gold.ts";

/** Where the fields of an ISO date stand: `2021-03-04`. */
const places: Readonly<Record<DateField, readonly number[]>> = {
	year: [0, 1, 2, 3],
	month: [5, 6],
	day: [8, 9],
};

/**
 * Which characters of a written date each digit of its ISO form comes from, known because the formatter says which
 * characters are the year, the month and the day.
 *
 * Sure: digit and digit, the last with the last (`4` with the second of `04`; each of `2021` with its own). Possible: every
 * digit of a field with every character of the same field, such as those of a month's name or the `4` with the first of `04`.
 * Weekdays, words, spaces and hyphens belong to nothing.
 */
export function dateAlignment(date: Date, format: Intl.DateTimeFormat): GoldLinks {
	const characters = dateCharacters(date, format);
	const sure: [number, number][] = [];
	const possible: [number, number][] = [];
	for (const field of Object.keys(places) as DateField[]) {
		const sources = characters.map((_, index) => index).filter((index) => characters[index]?.field === field);
		for (const source of sources) for (const target of places[field]) possible.push([source, target]);
		const digits = sources.filter((index) => /\p{Nd}/u.test(characters[index]?.character ?? ""));
		const targets = places[field].slice(-digits.length);
		if (digits.length !== targets.length) continue; // a month's name has no digits
		sure.push(...digits.map((source, i) => [source, targets[i] ?? 0] as [number, number]));
	}
	return { sure, possible };
}
