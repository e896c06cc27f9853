import type { ShadedSentence, ShadedWord } from "./shaded-text.ts";

/** A text that is shown in a report. */
export interface ShadedSample {
	readonly title: string;
	readonly sentences: readonly ShadedSentence[];
}

/** Writes texts as a section of HTML: sentences with their weights as bars, words with a colour behind them. All text is escaped. */
export function shadedHtml(
	heading: string,
	paragraphs: readonly string[],
	samples: readonly ShadedSample[],
): string {
	return [
		`<section>\n<h2>${escapeHtml(heading)}</h2>`,
		...paragraphs.map((text) => `<p>${escapeHtml(text)}</p>`),
		...samples.map(sampleHtml),
		"</section>",
	].join("\n");
}

function sampleHtml({ title, sentences }: ShadedSample): string {
	const largest = Math.max(...sentences.map(({ weight = 0 }) => weight), Number.MIN_VALUE);
	const rows = sentences.map(({ weight, words }) => {
		const text = words.map(wordHtml).join(" ");
		if (weight === undefined) return `<tr><td>${text}</td></tr>`;
		const bar = `<div style="height:6px;width:${number((60 * weight) / largest)}px;background:rgba(37,99,235,.7)"></div>`;
		return `<tr><td class="number">${number(100 * weight)} %</td><td>${bar}</td><td>${text}</td></tr>`;
	});
	const caption = `<caption>${escapeHtml(title)}</caption>`;
	return `<div class="scroll"><table>${caption}<tbody>${rows.join("\n")}</tbody></table></div>`;
}

function wordHtml({ text, shade }: ShadedWord): string {
	const word = escapeHtml(text);
	if (shade < 0.02) return word;
	return `<span style="background:rgba(255,140,0,${(0.85 * shade).toFixed(2)});border-radius:3px">${word}</span>`;
}

function number(value: number): string {
	return value.toFixed(1);
}

/** Text as it stands in HTML, between tags or in quotes. */
function escapeHtml(text: string): string {
	const names: Readonly<Record<string, string>> = {
		"&": "amp",
		"<": "lt",
		">": "gt",
		'"': "quot",
		"'": "#39",
	};
	return text.replace(/[&<>"']/g, (character) => `&${names[character]};`);
}
