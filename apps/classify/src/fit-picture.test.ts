import type { Picture } from "@heed/command-line/pictures";
import { describe, expect, it } from "vitest";
import { fitPicture } from "./fit-picture.ts";

describe("fitPicture", () => {
	const codec = { classes: ["a", "b"], height: 9, width: 9, margin: 2 };
	const draw = (side: number, inside: (row: number, column: number) => boolean, ink = 1): Picture => ({
		values: Float32Array.from({ length: side ** 2 }, (_, i) =>
			inside(Math.floor(i / side), i % side) ? ink : 1 - ink,
		),
		...{ height: side, width: side, colors: 1 },
	});

	it("leaves pictures of the right size as they are, but turned to light on dark", () => {
		const dark = draw(9, (row, column) => row === 1 && column === 7, 0);
		const bytes = fitPicture(dark, codec);
		expect([bytes[16], bytes.reduce((a, b) => a + b, 0)]).toEqual([255, 255]);
		expect(fitPicture(dark, codec, false)[16]).toBe(0);
		expect(
			fitPicture(
				draw(9, () => false),
				codec,
			).every((value) => value === 0),
		).toBe(true);
	});

	it("scales others to the margin, and centres them by weight", () => {
		const square = draw(40, (row, column) => row >= 30 && column >= 5 && column < 15, 0);
		const bytes = fitPicture(square, codec);
		const inside = (i: number): boolean => {
			const [row, column] = [Math.floor(i / 9), i % 9];
			return row >= 2 && row < 7 && column >= 2 && column < 7;
		};
		bytes.forEach((value, i) => {
			expect(value, `pixel ${i}`).toBe(inside(i) ? 255 : 0);
		});
		// A T is heavier above: its weight comes to the middle, so that it stands lower.
		const tee = draw(30, (row, column) => row < 10 || (column >= 12 && column < 18));
		const rows = Array.from({ length: 9 }, (_, row) =>
			fitPicture(tee, codec, false)
				.slice(row * 9, (row + 1) * 9)
				.reduce((a, b) => a + b, 0),
		);
		const centre =
			rows.reduce((sum, value, row) => sum + value * (row + 0.5), 0) / rows.reduce((a, b) => a + b, 0);
		expect(centre).toBeCloseTo(4.5, 1);
	});
});
