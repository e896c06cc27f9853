// What is used of opentype.js, which brings no types.
declare module "opentype.js" {
	export interface PathCommand {
		readonly type: "M" | "L" | "Q" | "C" | "Z";
		readonly x?: number;
		readonly y?: number;
		readonly x1?: number;
		readonly y1?: number;
		readonly x2?: number;
		readonly y2?: number;
	}
	interface Glyph {
		/** 0 stands for a letter that the font does not have. */
		readonly index: number;
		readonly advanceWidth: number;
		getPath(x: number, y: number, size: number): { readonly commands: PathCommand[] };
	}
	interface Font {
		readonly unitsPerEm: number;
		charToGlyph(character: string): Glyph;
	}
	const opentype: { parse(file: ArrayBuffer): Font };
	export default opentype;
}
