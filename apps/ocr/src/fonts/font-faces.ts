import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { UserError } from "@heed/command-line";
import opentype from "opentype.js";
import { flatten } from "./outline.ts";

/** Families that words are drawn in to learn from: two without serifs, one with, one of slabs, a typewriter, a hand. */
export const learnedFamilies = [
	"lato",
	"pt-sans",
	"pt-serif",
	"arvo",
	"courier-prime",
	"comic-neue",
] as const;

/** Families that are kept for judging: one without serifs, one with. */
export const heldOutFamilies = ["gudea", "neuton"] as const;

const families: readonly string[] = [...learnedFamilies, ...heldOutFamilies];
const weights = [400, 700] as const;

/** One weight of a family of npm's `@fontsource`. */
export interface FontFace {
	/** `lato-700`. */
	readonly name: string;
	/** The outline of a text of size 1 on the line y = 0: lines of four numbers, x and y of both ends; y points down. */
	outline(text: string): number[];
}

/** A letter of size 1. */
interface Letter {
	readonly lines: readonly number[];
	readonly advance: number;
}

/**
 * The faces of some families, in two weights each.
 *
 * @throws UserError when a package is not installed.
 */
export function readFaces(names: readonly string[]): FontFace[] {
	return names.flatMap((family) => weights.map((weight) => readFace(`${family}-${weight}`)));
}

/**
 * A face by its name: `lato` or `lato-700`.
 *
 * @throws UserError for a name that is none.
 */
export function readFace(name: string): FontFace {
	const [, family = "", weight = "400"] = /^(.*?)(?:-(\d+))?$/.exec(name) ?? [];
	if (!families.includes(family) || !weights.some((known) => `${known}` === weight)) {
		const message = `there is no font '${name}'; expected one of ${families.join(", ")}, with -400 or -700 behind it if you like.`;
		throw new UserError(message);
	}
	const file = `@fontsource/${family}/files/${family}-latin-${weight}-normal.woff`;
	const font = opentype.parse(bytesOf(file));
	const letters = new Map<string, Letter>();
	const letterOf = (letter: string): Letter => {
		const found = letters.get(letter);
		if (found !== undefined) return found;
		const glyph = font.charToGlyph(letter);
		if (glyph.index === 0) throw new UserError(`the font ${name} has no '${letter}'.`);
		const made = {
			lines: flatten(glyph.getPath(0, 0, 1).commands),
			advance: glyph.advanceWidth / font.unitsPerEm,
		};
		letters.set(letter, made);
		return made;
	};
	return {
		name: `${family}-${weight}`,
		outline(text) {
			const lines: number[] = [];
			let from = 0;
			for (const letter of text) {
				const { lines: own, advance } = letterOf(letter);
				for (let i = 0; i < own.length; i++) lines.push((own[i] ?? 0) + (i % 2 === 0 ? from : 0));
				from += advance;
			}
			return lines;
		},
	};
}

function bytesOf(file: string): ArrayBuffer {
	try {
		return new Uint8Array(readFileSync(createRequire(import.meta.url).resolve(file))).buffer;
	} catch (error) {
		throw new UserError(`${file} is not installed; run the install again.`, { cause: error });
	}
}
