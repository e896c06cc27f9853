import type { ShadedSentence, ShadedWord } from "./shaded-text.ts";

/** Backgrounds of the 256 colours from nothing to strong. */
const backgrounds = [undefined, 230, 229, 222, 215, 208] as const;
const characters = " .:-=+*#%@";
const margin = "  "; // between weights and words

/** How text is drawn. */
export interface ShadedTerminalOptions {
	/** With colours behind the words; without, characters below them say the same. */
	readonly color: boolean;
	/** Columns of the terminal. */
	readonly width: number;
}

/** Draws sentences with their weights in front and their words shaded. */
export function shadedTerminal(sentences: readonly ShadedSentence[], options: ShadedTerminalOptions): string {
	const labels = sentences.map(({ weight }) =>
		weight === undefined ? "" : `${(100 * weight).toFixed(0)} %`,
	);
	const indent = Math.max(...labels.map(({ length }) => length), 0);
	const width = Math.max(20, options.width - indent - margin.length);
	const lines = sentences.flatMap(({ words }, i) =>
		wrap(words, width).flatMap((line, row) => {
			const start = (row === 0 ? (labels[i] ?? "") : "").padStart(indent) + margin;
			if (options.color) return [start + line.map(colored).join(" ")];
			const below = " ".repeat(start.length) + line.map(marks).join(" ");
			return [
				start + line.map(({ text }) => text).join(" "),
				...(below.trim() === "" ? [] : [below.trimEnd()]),
			];
		}),
	);
	return lines.join("\n");
}

function wrap(words: readonly ShadedWord[], width: number): ShadedWord[][] {
	const lines: ShadedWord[][] = [];
	let used = width;
	for (const word of words) {
		const length = [...word.text].length;
		if (used + 1 + length > width || lines.length === 0) {
			lines.push([]);
			used = -1;
		}
		lines.at(-1)?.push(word);
		used += 1 + length;
	}
	return lines;
}

function colored({ text, shade }: ShadedWord): string {
	const color = backgrounds[Math.round(shade * (backgrounds.length - 1))];
	return color === undefined ? text : `\u001b[30;48;5;${color}m${text}\u001b[0m`;
}

function marks({ text, shade }: ShadedWord): string {
	return (characters[Math.round(shade * (characters.length - 1))] ?? "").repeat([...text].length);
}
