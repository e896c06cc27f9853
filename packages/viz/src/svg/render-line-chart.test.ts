import { describe, expect, it } from "vitest";
import { renderLineChart, VizError } from "../index.ts";
import { logTicks, logTicksWithin, ticks, wordTick } from "./ticks.ts";

const loss = {
	name: "loss",
	points: [
		[1, 2.5],
		[2, 1.25],
		[3, 0.5],
	] as [number, number][],
};

describe("renderLineChart", () => {
	it("draws a line for each series, with its name", () => {
		const svg = renderLineChart({
			title: "Training",
			xLabel: "epoch",
			yLabel: "nats",
			series: [loss, { ...loss, name: "validation" }],
		});
		expect(svg.match(/<polyline/g)).toHaveLength(2);
		for (const word of ["Training", "epoch", "nats", "loss", "validation"])
			expect(svg).toContain(`>${word}<`);
		expect(svg).toContain("stroke-dasharray"); // colour is not the only difference
		expect(svg).toContain("loss: from 2.5 to 0.5");
	});

	it("falls where the numbers fall", () => {
		const points = /points="([^"]+)"/.exec(renderLineChart({ series: [loss] }))?.[1]?.split(" ") ?? [];
		const [ys, xs] = [1, 0].map((i) => points.map((point) => Number(point.split(",")[i])));
		expect(xs).toEqual([...(xs ?? [])].sort((a, b) => a - b));
		expect(ys).toEqual([...(ys ?? [])].sort((a, b) => a - b)); // SVG counts downwards
	});

	it.each([
		[[-1e308, 1e308]],
		[[5e-324, 0]],
		[[5e-324, 5e-324]],
		[[1.79e308, 1.79e308]],
		[[0, 1.79e308]],
		[[1e16, 1e16 + 2]],
	])("has axes for the extreme numbers %j", (ys) => {
		const lines = [ys.map((y, i) => [i, y] as const), ys.map((y, i) => [y, i] as const)];
		for (const points of lines) {
			const svg = renderLineChart({ series: [{ name: "a", points }] });
			expect(svg).not.toMatch(/NaN|Infinity/);
			expect(svg.match(/class="grid"/g)?.length).toBeLessThan(40);
		}
		if (!ys.every((y) => y > 0)) return;
		const upwards = renderLineChart({ yScale: "log", series: [{ name: "a", points: lines[0] ?? [] }] });
		const across = renderLineChart({ xScale: "log", series: [{ name: "a", points: lines[1] ?? [] }] });
		for (const log of [upwards, across]) expect(log).not.toMatch(/NaN|Infinity/);
	});

	it("puts places that double at equal distances", () => {
		const doubling = [128, 256, 512, 1024].map((x): [number, number] => [x, 1]);
		const svg = renderLineChart({ xScale: "log", series: [{ name: "a", points: [[0, 1], ...doubling] }] });
		const points = /points="([^"]+)"/.exec(svg)?.[1]?.split(" ") ?? [];
		expect(points).toHaveLength(4); // 0 has no place
		const xs = points.map((point) => Number(point.split(",")[0]));
		const steps = xs.slice(1).map((x, i) => x - (xs[i] ?? 0));
		for (const step of steps) expect(step).toBeCloseTo(steps[0] ?? 0, 1);
		for (const mark of [200, 500, 1000]) expect(svg).toContain(`>${mark}</text>`);
	});

	it("has some of the powers of ten where there are hundreds", () => {
		const powers = logTicks(5e-324, 1.79e308);
		expect(powers.length).toBeLessThan(15);
		expect(powers.every((power) => power > 0 && Number.isFinite(power))).toBe(true);
	});

	it("cuts long texts, and keeps them whole in their titles", () => {
		const name = "n".repeat(10_000);
		const svg = renderLineChart({
			title: name,
			xLabel: name,
			yLabel: name,
			series: [{ ...loss, name }, loss],
		});
		expect(svg.match(/n{35,}…<title>n{10000}<\/title>/g)).toHaveLength(4);
		expect(svg).toContain(">loss</text>");
	});

	it("leaves a gap where there is no number, and a dot where there is only one", () => {
		const points: [number, number][] = [
			[1, 1],
			[2, 2],
			[3, Number.NaN],
			[4, 3],
			[5, 4],
			[6, Number.POSITIVE_INFINITY],
			[7, 2],
		];
		const svg = renderLineChart({ series: [{ name: "a", points }] });
		expect(svg.match(/<polyline/g)).toHaveLength(2);
		expect(svg.match(/<circle/g)).toHaveLength(1);
		expect(svg).not.toMatch(/NaN|Infinity/);
	});

	it("draws a single point, and a constant", () => {
		expect(renderLineChart({ series: [{ name: "a", points: [[1, 5]] }] })).not.toMatch(/NaN/);
		expect(
			renderLineChart({
				series: [
					{
						name: "a",
						points: [
							[1, 0],
							[2, 0],
						],
					},
				],
			}),
		).not.toMatch(/NaN/);
		expect(
			renderLineChart({
				yScale: "log",
				series: [
					{
						name: "a",
						points: [
							[1, 1],
							[2, 1],
						],
					},
				],
			}),
		).not.toMatch(/NaN/);
	});

	it("escapes every word", () => {
		const evil = "</title><script>alert(1)</script>";
		expect(
			renderLineChart({ title: evil, xLabel: evil, yLabel: evil, series: [{ ...loss, name: evil }] }),
		).not.toContain("<script");
	});

	it("refuses what cannot be drawn", () => {
		expect(() => renderLineChart({ series: [] })).toThrow("there is nothing to draw");
		expect(() => renderLineChart({ yScale: "log", series: [{ name: "a", points: [[1, -1]] }] })).toThrow(
			VizError,
		);
		expect(() => renderLineChart({ xScale: "log", series: [{ name: "a", points: [[0, 1]] }] })).toThrow(
			"without a positive finite point",
		);
		expect(() => renderLineChart({ yScale: "cubic" as never, series: [loss] })).toThrow("`yScale`");
		expect(() => renderLineChart({ xScale: "cubic" as never, series: [loss] })).toThrow("`xScale`");
	});
});

describe("ticks", () => {
	it.each([
		[0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]],
		[1, 40, [0, 10, 20, 30, 40]],
		[-3, 7, [-4, -2, 0, 2, 4, 6, 8]],
		[5, 5, [5, 6]],
	])("from %s to %s", (min, max, expected) => expect(ticks(min, max, 5)).toEqual(expected));

	it("powers of ten", () => expect(logTicks(0.02, 3)).toEqual([0.01, 0.1, 1, 10]));
	it.each([
		[128, 16_384, [200, 500, 1000, 2000, 5000, 10_000]],
		[1, 1e8, [1, 10, 100, 1000, 1e4, 1e5, 1e6, 1e7, 1e8]],
		[3, 4, [3, 4]],
	])("inside %s to %s", (min, max, expected) => expect(logTicksWithin(min, max)).toEqual(expected));
	it("words", () => expect([0, 0.1, 1e7, 1e-5].map(wordTick)).toEqual(["0", "0.1", "1e7", "1e-5"]));
});
