import { hashSplit, hashText } from "@heed/nlp";
import { dateAlignment } from "./date-alignment.ts";
import type { Pair, PairSplit } from "./pair.ts";

/**
 * The ways of writing a date that the default task learns to read: 15 locales in seven scripts and three sets of
 * digits. No text stands for two dates: the only styles in numbers alone are German (day first, with dots), Egyptian
 * (day first, in Arabic digits), Japanese and Korean (year first), and every year has four digits.
 */
export const dateLocales: readonly string[] = [
	"en-US",
	"en-GB",
	"de",
	"fr",
	"es",
	"it",
	"pt-BR",
	"sv",
	"el",
	"ru",
	"ar-EG-u-nu-arab",
	"hi-IN-u-nu-deva",
	"ja",
	"zh-CN",
	"ko",
];

/** The styles of each locale, from `Thursday, March 4, 2021` to `Mar 4, 2021`. */
export const dateStyles: readonly Intl.DateTimeFormatOptions[] = [
	{ dateStyle: "full" },
	{ dateStyle: "long" },
	{ dateStyle: "medium" },
	{ weekday: "short", day: "numeric", month: "short", year: "numeric" },
];

/** Which dates to write. */
export interface DatePairsOptions {
	readonly seed: number;
	/** Number of training pairs. */
	readonly train: number;
	/** Number of held-out pairs, of dates that no training pair has. */
	readonly heldOut: number;
	/** The first and the last year, inclusive. Default 1950 to 2049. */
	readonly years?: readonly [first: number, last: number];
}

const dayMilliseconds = 24 * 60 * 60 * 1000;

/**
 * Dates as people write them, and in ISO 8601. A hash of the date decides on which side it is (a tenth is held out),
 * so no date is on both sides, in whatever language. Held-out pairs come with their links.
 */
export function datePairs(options: DatePairsOptions): PairSplit {
	const { seed, years: [first, last] = [1950, 2049] } = options;
	const formats = dateLocales.flatMap((locale) => dateStyles.map((style) => dateFormat(locale, style)));
	const days: Date[] = [];
	for (let day = Date.UTC(first, 0, 1); day < Date.UTC(last + 1, 0, 1); day += dayMilliseconds) {
		days.push(new Date(day));
	}
	const { train, heldOut } = hashSplit(days, { key: isoDate, fraction: 0.1, seed });

	const draw = (side: readonly Date[], count: number, name: "train" | "held out"): Pair[] =>
		Array.from({ length: count }, (_, i) => {
			const date = side[hashText(`${name} date ${i}`, seed) % side.length];
			const format = formats[hashText(`${name} format ${i}`, seed) % formats.length];
			if (date === undefined || format === undefined) throw new Error("There are no dates to draw from.");
			const pair = { source: normalizeDate(format.format(date)), target: isoDate(date) };
			return name === "train" ? pair : { ...pair, links: dateAlignment(date, format) };
		});
	return {
		train: draw(train, options.train, "train"),
		heldOut: draw(heldOut, options.heldOut, "held out"),
	};
}

/** A formatter of one locale and style, in UTC so that no time zone moves the day. */
export function dateFormat(locale: string, style: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
	return new Intl.DateTimeFormat(locale, { ...style, timeZone: "UTC", calendar: "gregory" });
}

/** `2021-03-04`. */
export function isoDate(date: Date): string {
	return date.toISOString().slice(0, 10);
}

/**
 * One spelling for what looks the same: any kind of space becomes a plain one, and marks of writing direction go.
 * They differ between versions of the locale data, and nobody types them.
 */
export function normalizeDate(text: string): string {
	return text
		.normalize("NFC")
		.replace(/\p{Cf}/gu, "")
		.replace(/\s+/gu, " ")
		.trim();
}
