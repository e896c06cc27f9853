/** `auto` follows the reader's system. */
export type Theme = "auto" | "light" | "dark";

export const themes: readonly Theme[] = ["auto", "light", "dark"];

/** The colours that are not data, by their custom property. The series colours are after Okabe and Ito. */
const light = {
	ink: "#1f2328",
	muted: "#59636e",
	line: "#d1d9e0",
	surface: "#ffffff",
	panel: "#f6f8fa",
	masked: "#e6eaef",
	alarm: "#cf222e",
	s0: "#0072b2",
	s1: "#c35a00",
	s2: "#00795c",
	s3: "#a1457f",
	s4: "#7a6a00",
	s5: "#3f7fa6",
};
const dark: typeof light = {
	ink: "#e6edf3",
	muted: "#9198a1",
	line: "#3d444d",
	surface: "#0d1117",
	panel: "#151b23",
	masked: "#2a313c",
	alarm: "#ff7b72",
	s0: "#56b4e9",
	s1: "#e69f00",
	s2: "#2fc79a",
	s3: "#e59ac6",
	s4: "#f0e442",
	s5: "#8ecbe8",
};

/** How many colours there are for series. */
export const seriesColors = 6;

const properties = (colors: typeof light): string =>
	Object.entries(colors)
		.map(([name, color]) => `--heed-${name}:${color}`)
		.join(";");

/** The custom properties for a selector, with those of the dark system where the theme follows it. */
export function themeStyle(selector: string, theme: Theme): string {
	const first = `${selector}{${properties(theme === "dark" ? dark : light)}}`;
	return theme === "auto"
		? `${first}@media (prefers-color-scheme:dark){${selector}{${properties(dark)}}}`
		: first;
}
