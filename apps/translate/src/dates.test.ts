import { describe, expect, it } from "vitest";
import { dateFormat, dateLocales, datePairs, dateStyles, isoDate, normalizeDate } from "./dates.ts";

const options = { seed: 7, train: 600, heldOut: 200 };

describe("datePairs", () => {
	it("depends on the seed alone; 0 is a seed", () => {
		expect(datePairs(options)).toEqual(datePairs(options));
		expect(datePairs({ ...options, seed: 0 })).not.toEqual(datePairs({ ...options, seed: 1 }));
	});

	it("gives the asked numbers of real dates within the years", () => {
		const { train, heldOut } = datePairs({ ...options, years: [1999, 2001] });
		expect([train.length, heldOut.length]).toEqual([600, 200]);
		for (const { target } of [...train, ...heldOut]) {
			expect(target).toMatch(/^(1999|2000|2001)-\d\d-\d\d$/);
			expect(isoDate(new Date(`${target}T00:00:00Z`))).toBe(target);
		}
	});

	it("gives no date to both sides", () => {
		const { train, heldOut } = datePairs({ ...options, train: 20_000 });
		const learned = new Set(train.map(({ target }) => target));
		expect(heldOut.filter(({ target }) => learned.has(target))).toEqual([]);
	});

	it("keeps a date of the training side there when more pairs are drawn", () => {
		const few = datePairs(options);
		const many = datePairs({ ...options, train: 5000 });
		expect(many.train.slice(0, 600)).toEqual(few.train);
		expect(many.heldOut).toEqual(few.heldOut);
	});

	it("writes each date so that its locale reads it back", () => {
		// Independent of the formatter's text: the parts of the same format say which day it stands for.
		for (const { source, target } of datePairs({ ...options, train: 12 }).train) {
			const date = new Date(`${target}T00:00:00Z`);
			const written = dateLocales.flatMap((locale) =>
				dateStyles.map((style) => normalizeDate(dateFormat(locale, style).format(date))),
			);
			expect(written).toContain(source);
		}
	});
});

describe("the styles", () => {
	it("never write two dates alike, and always name day, month and four-digit year", () => {
		const meaning = new Map<string, string>();
		for (const locale of dateLocales) {
			for (const style of dateStyles) {
				const format = dateFormat(locale, style);
				const parts = format.formatToParts(Date.UTC(2001, 10, 12)).filter(({ type }) => type === "year");
				expect([...(parts[0]?.value ?? "")], `${locale} year`).toHaveLength(4);
				for (let day = Date.UTC(2000, 0, 1); day < Date.UTC(2003, 0, 1); day += 24 * 60 * 60 * 1000) {
					const text = normalizeDate(format.format(day));
					const iso = isoDate(new Date(day));
					if ((meaning.get(text) ?? iso) !== iso) expect.fail(`${text} is ${iso} and ${meaning.get(text)}`);
					meaning.set(text, iso);
				}
			}
		}
		expect(meaning.size).toBeGreaterThan(3 * 365 * 30); // at least 30 of the 60 formats differ from all others
	});

	it("cover at least eight locales", () => {
		expect(new Set(dateLocales).size).toBeGreaterThanOrEqual(8);
		expect(Intl.DateTimeFormat.supportedLocalesOf([...dateLocales])).toHaveLength(dateLocales.length);
	});
});

describe("normalizeDate", () => {
	it("writes every space plainly and drops marks of direction", () => {
		expect(normalizeDate(" 4\u202fmars\u00a02021 ")).toBe("4 mars 2021");
		expect(normalizeDate("٠٤\u200f/٠٣\u200f/٢٠٢١")).toBe("٠٤/٠٣/٢٠٢١");
	});
});
