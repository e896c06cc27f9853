import type { Rgb } from "../viridis.ts";

/** How many colours the terminal has. */
export type ColorDepth = "none" | "256" | "truecolor";

export const reset = "\u001b[0m";
export const bold = "\u001b[1m";
/** White on red: for what should not be there. */
export const alarm = "\u001b[97;41m";
export const faint = "\u001b[2m";

/** The code that starts a background colour. */
export function background(color: Rgb, depth: ColorDepth): string {
	const [red, green, blue] = color;
	if (depth === "truecolor") return `\u001b[48;2;${red};${green};${blue}m`;
	return `\u001b[48;5;${16 + 36 * cubeStep(red) + 6 * cubeStep(green) + cubeStep(blue)}m`;
}

/** The nearest of the six steps 0, 95, 135, 175, 215, 255 of the 256-colour cube. */
function cubeStep(value: number): number {
	return value < 48 ? 0 : value < 115 ? 1 : Math.floor((value - 35) / 40);
}
