import { describe, expect, it } from "vitest";
import { dateAlignment } from "./date-alignment.ts";
import { dateCharacters } from "./date-characters.ts";
import { dateFormat, dateLocales, dateStyles, isoDate, normalizeDate } from "./dates.ts";

const formats = dateLocales.flatMap((locale) => dateStyles.map((style) => dateFormat(locale, style)));
const days = [Date.UTC(2021, 2, 4), Date.UTC(1999, 11, 25), Date.UTC(2010, 9, 1)].map((day) => new Date(day));

describe("the characters of a date", () => {
	it("are those of its text, in every locale and style", () => {
		for (const format of formats) {
			for (const day of days) {
				const text = dateCharacters(day, format)
					.map(({ character }) => character)
					.join("");
				expect(text).toBe(normalizeDate(format.format(day)));
			}
		}
	});
});

describe("the alignment of a date", () => {
	const linksOf = (locale: string, style: Intl.DateTimeFormatOptions): ReturnType<typeof dateAlignment> =>
		dateAlignment(days[0] as Date, dateFormat(locale, style));

	it("links digit with digit, and a month's name with both digits of the month", () => {
		// 0123456789ab
		// 4 mars 2021
		const { sure, possible } = linksOf("sv", { dateStyle: "long" });
		expect(sure).toEqual([
			[7, 0],
			[8, 1],
			[9, 2],
			[10, 3],
			[0, 9],
		]);
		const beyond = possible.filter(([source]) => source < 7);
		expect(beyond).toEqual([
			[2, 5],
			[2, 6],
			[3, 5],
			[3, 6],
			[4, 5],
			[4, 6],
			[5, 5],
			[5, 6],
			[0, 8],
			[0, 9],
		]);
	});

	it("links months in digits too", () => {
		// 04.03.2021
		expect(linksOf("de", { dateStyle: "medium" }).sure).toEqual([
			...[
				[6, 0],
				[7, 1],
				[8, 2],
				[9, 3],
			],
			...[
				[3, 5],
				[4, 6],
			],
			...[
				[0, 8],
				[1, 9],
			],
		]);
	});

	it("knows every year, links nothing to hyphens, and its sure links are possible, of equal digits", () => {
		for (const format of formats) {
			for (const day of days) {
				const { sure, possible } = dateAlignment(day, format);
				const text = dateCharacters(day, format);
				const iso = isoDate(day);
				const allowed = new Set(possible.map(String));
				expect(sure.filter(([, target]) => target < 4)).toHaveLength(4);
				for (const [source, target] of sure) {
					expect(allowed.has(`${source},${target}`)).toBe(true);
					expect(digitValue(text[source]?.character ?? "")).toBe(Number(iso[target]));
				}
				for (const [, target] of possible) expect(iso[target]).not.toBe("-");
			}
		}
	});
});

/** The value of a digit of any script: their ten digits follow each other. */
function digitValue(digit: string): number {
	let zero = digit.codePointAt(0) ?? 0;
	const first = zero;
	while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
	return (first - zero) % 10;
}
