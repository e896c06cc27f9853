import { describe, expect, it } from "vitest";
import { readFace } from "../fonts/font-faces.ts";
import { boxOf, flatten } from "../fonts/outline.ts";
import { fillOutline } from "./fill-outline.ts";

/** The lines of a polygon. */
const polygon = (...points: readonly (readonly [number, number])[]): number[] =>
	points.flatMap((point, i) => [...point, ...(points[(i + 1) % points.length] ?? point)]);
const sum = (values: Float32Array): number => values.reduce((total, value) => total + value, 0);

describe("fillOutline", () => {
	it("covers pixels by their share of the area, to both directions", () => {
		const box = polygon([0.5, 0.25], [3.75, 0.25], [3.75, 2], [0.5, 2]);
		const expected = [0.375, 0.75, 0.75, 0.5625, 0, 0.5, 1, 1, 0.75, 0, 0, 0, 0, 0, 0];
		expect([...fillOutline(box, 3, 5)]).toEqual(expected);
		const backwards = polygon([0.5, 2], [3.75, 2], [3.75, 0.25], [0.5, 0.25]);
		expect([...fillOutline(backwards, 3, 5)]).toEqual(expected);
	});

	it("is exact for slopes, within a pixel and across many", () => {
		// y ≤ x / 2: of the pixel in row 0 and column 0 a quarter, of the one beside it three quarters
		const slope = polygon([0, 0], [4, 2], [4, 0]);
		expect([...fillOutline(slope, 2, 4)]).toEqual([0.25, 0.75, 1, 1, 0, 0, 0.25, 0.75]);
		const steep = polygon([0, 0], [1, 3], [0, 3]);
		[1 / 6, 3 / 6, 5 / 6].forEach((share, row) => {
			expect(fillOutline(steep, 3, 2)[row * 2]).toBeCloseTo(share, 6);
		});
		const triangle = polygon([1.3, 0.7], [10.9, 2.1], [4.2, 6.6]);
		const area = Math.abs((10.9 - 1.3) * (6.6 - 0.7) - (4.2 - 1.3) * (2.1 - 0.7)) / 2;
		expect(sum(fillOutline(triangle, 7, 11))).toBeCloseTo(area, 4);
	});

	it("leaves holes out, and cuts what lies outside", () => {
		const ring = [
			...polygon([1, 1], [6, 1], [6, 6], [1, 6]),
			...polygon([3, 3], [3, 4], [4, 4], [4, 3]), // the other way round
		];
		expect(sum(fillOutline(ring, 7, 7))).toBeCloseTo(24, 5);
		expect(fillOutline(ring, 7, 7)[3 * 7 + 3]).toBe(0);
		const wide = polygon([-3, -2], [9, -2], [9, 9], [-3, 9]);
		expect([...fillOutline(wide, 2, 3)]).toEqual([1, 1, 1, 1, 1, 1]);
	});
});

describe("outlines", () => {
	it("keep the area of curves", () => {
		const k = 0.5522847498; // the control points of a quarter of a circle
		const quarter = flatten([
			{ type: "M", x: 5, y: 5 },
			{ type: "L", x: 10, y: 5 },
			{ type: "C", x1: 10, y1: 5 + 5 * k, x2: 5 + 5 * k, y2: 10, x: 5, y: 10 },
			{ type: "Z" },
		]);
		expect(sum(fillOutline(quarter, 11, 11))).toBeCloseTo((25 * Math.PI) / 4, 0);
		const parabola = flatten([
			{ type: "M", x: 0, y: 0 },
			{ type: "Q", x1: 3, y1: 6, x: 6, y: 0 },
			{ type: "Z" },
		]);
		expect(sum(fillOutline(parabola, 7, 7))).toBeCloseTo(12, 0); // two thirds of the triangle
	});

	it("of a text stand one behind the other on the line", () => {
		const face = readFace("courier-prime"); // a typewriter: every letter is as wide
		const [one, two, three] = ["o", "oo", "ooo"].map((text) => boxOf(face.outline(text)));
		const wide = (two?.right ?? 0) - (one?.right ?? 0);
		expect(wide).toBeGreaterThan(0.5);
		expect((three?.right ?? 0) - (two?.right ?? 0)).toBeCloseTo(wide, 6);
		expect(one?.bottom).toBeCloseTo(0, 1);
		expect(boxOf(face.outline("g")).bottom).toBeGreaterThan(0.1); // below the line
		expect(() => face.outline("語")).toThrow("the font courier-prime has no '語'.");
	});
});
