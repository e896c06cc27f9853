import { displayWidth, truncate } from "../display-width.ts";

/**
 * Breaks parts made of words into lines: as many parts on a line as fit, three spaces apart; a part that is too wide
 * for a line of its own is broken between its words, and a word that is too wide is cut.
 */
export function wrapParts(parts: readonly (readonly string[])[], width: number): string[] {
	const lines: string[] = [];
	const add = (text: string, gap: string): boolean => {
		const last = lines.at(-1);
		if (last === undefined || displayWidth(last + gap + text) > width) return false;
		lines[lines.length - 1] = last + gap + text;
		return true;
	};
	for (const words of parts) {
		const whole = words.join(" ");
		if (add(whole, "   ")) continue;
		if (displayWidth(whole) <= width) lines.push(whole);
		else {
			words.forEach((word, i) => {
				if (i === 0 || !add(word, " "))
					lines.push(displayWidth(word) <= width ? word : truncate(word, width));
			});
		}
	}
	return lines;
}
