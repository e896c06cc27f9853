import { expect, it } from "vitest";
import { heatMap } from "../terminal/heat-map.ts";
import { lossChart, settingsSection } from "./report-parts.ts";

it("draws a loss that falls far on a logarithmic scale", () => {
	const chart = (last: number) => lossChart("loss", { training: [[0.5, 2]], validation: [[1, last]] });
	expect(chart(0.1)).toMatchObject({ title: "loss", yScale: "linear", series: [{ points: [[0.5, 2]] }, {}] });
	expect(chart(0.001).yScale).toBe("log");
});

it("lists the settings that mean something", () => {
	const settings = { model: { crf: true, units: 7 }, run: { epochs: 0 } };
	expect(settingsSection(settings, ["units"]).tables?.[0]?.rows).toEqual([
		["crf", "true"],
		["epochs", "0"],
	]);
});

it("draws a heat map, and nothing where there is none", () => {
	const map = {
		title: "look",
		queryTokens: ["a"],
		keyTokens: ["b", "c"],
		weights: Float32Array.of(0.25, 0.75),
	};
	const stream = { isTTY: false, columns: 40 } as NodeJS.WriteStream;
	expect(heatMap(map, stream)).toContain("look");
	expect(heatMap(undefined, stream)).toBe("");
});
