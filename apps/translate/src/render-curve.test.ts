import { describe, expect, it } from "vitest";
import { renderCurve } from "./render-curve.ts";

const labels = { title: "Loss <by> epoch", xLabel: "epoch", yLabel: "loss" };

describe("renderCurve", () => {
	it("puts equal shares at equal distances", () => {
		const svg = renderCurve(
			[
				{
					name: "training",
					points: [
						[0, 10],
						[1, 1],
						[2, 0.1],
					],
				},
			],
			labels,
		);
		// 644 wide from 60, 220 high from 16: a tenth each epoch falls by half the height each time.
		expect(svg).toContain('d="M60 16L382 126L704 236"');
		for (const tick of [">10<", ">1<", ">0.1<", ">2<"]) expect(svg).toContain(tick);
	});

	it("leaves out what cannot be drawn, and draws nothing of nothing", () => {
		const svg = renderCurve(
			[
				{
					name: "a",
					points: [
						[0, 1],
						[1, Number.NaN],
						[2, 0],
						[3, 2],
					],
				},
			],
			labels,
		);
		expect(svg.match(/ d="[^"]*"/)?.[0].split("L")).toHaveLength(2);
		expect(svg).not.toMatch(/NaN|Infinity/);
		expect(renderCurve([{ name: "a", points: [] }], labels)).toBe("");
		expect(renderCurve([{ name: "a", points: [[1, 1]] }], labels)).not.toMatch(/NaN|Infinity/);
	});

	it("writes names as text", () => {
		const svg = renderCurve([{ name: "<script>", points: [[0, 1]] }], labels);
		expect(svg).toContain("&lt;script>");
		expect(svg).toContain("<title>Loss &lt;by> epoch</title>");
	});
});
