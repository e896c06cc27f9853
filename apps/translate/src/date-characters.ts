/** The parts of a date that its ISO form has. */
export type DateField = "year" | "month" | "day";

/** A character of a written date, and which part it belongs to: none for weekdays, words and spaces between. */
export interface DateCharacter {
	readonly character: string;
	readonly field?: DateField;
}

const fields: readonly string[] = ["year", "month", "day"] satisfies DateField[];

/** The characters of a written date, in the spelling of `normalizeDate`. */
export function dateCharacters(date: Date, format: Intl.DateTimeFormat): DateCharacter[] {
	const written: DateCharacter[] = [];
	for (const { type, value } of format.formatToParts(date)) {
		const field = fields.includes(type) ? { field: type as DateField } : {};
		for (const character of value.normalize("NFC").replace(/\p{Cf}/gu, "")) {
			if (!/\s/u.test(character)) written.push({ character, ...field });
			else if (written.length > 0 && written.at(-1)?.character !== " ")
				written.push({ character: " ", ...field });
		}
	}
	if (written.at(-1)?.character === " ") written.pop();
	return written;
}
