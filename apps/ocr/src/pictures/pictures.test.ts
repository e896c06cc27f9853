import { randomOf } from "@heed/command-line";
import { describe, expect, it } from "vitest";
import { readFace } from "../fonts/font-faces.ts";
import { bgrBytes, lineOfText } from "../paddle/bgr-image.ts";
import { drawWord } from "./draw-word.ts";
import { fitWord } from "./fit-word.ts";
import { normalize, pictureHeight, pictureWidth } from "./picture.ts";

describe("drawWord", () => {
	it("draws black on white inside the picture, or otherwise by a seed, the same each time", () => {
		const face = readFace("lato-700");
		const { pixels } = drawWord("seldom", face);
		expect(pixels).toHaveLength(pictureHeight * pictureWidth);
		expect(Math.min(...pixels)).toBeLessThan(0.05);
		const border = pixels.filter((_, i) => i < pictureWidth || i % pictureWidth === 0);
		expect(Math.min(...border)).toBeGreaterThan(0.99);
		const jittered = drawWord("seldom", face, randomOf(5)).pixels;
		expect(drawWord("seldom", face, randomOf(5)).pixels).toEqual(jittered);
		expect(drawWord("seldom", face, randomOf(6)).pixels).not.toEqual(jittered);
	});

	it("is the same for the network in black on white and in white on black", () => {
		const picture = drawWord("word", readFace("arvo"));
		const numbers = normalize(picture);
		const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
		const square = numbers.reduce((sum, value) => sum + value * value, 0) / numbers.length;
		expect([mean, square]).toEqual([expect.closeTo(0, 4), expect.closeTo(1, 1)]);
		expect(numbers[0]).toBeLessThan(0);
		const inverted = normalize({ ...picture, pixels: picture.pixels.map((value) => 1 - value) });
		inverted.forEach((value, i) => {
			expect(value).toBeCloseTo(numbers[i] ?? 0, 4);
		});
	});
});

describe("fitting", () => {
	it("finds the word wherever it stands, in any size", () => {
		const [height, width] = [90, 150];
		const values = new Float32Array(height * width).fill(0.2);
		for (let row = 30; row < 60; row++) values.fill(0.9, row * width + 70, row * width + 110);
		const { picture, ink } = fitWord({ height, width, colors: 1, values });
		expect(ink).toEqual({ top: 30, left: 70, height: 30, width: 40 });
		const bright = [...picture.pixels].flatMap((value, i) => (value > 0.55 ? [i] : []));
		expect(bright).toHaveLength(15 * 20); // half the size
		expect([(bright[0] ?? 0) % pictureWidth, Math.floor((bright[0] ?? 0) / pictureWidth)]).toEqual([2, 4]);
	});

	it("gives PaddleOCR's networks rows of blue, green, red", () => {
		const color = { height: 2, width: 4, colors: 3, values: new Float32Array(24) } as const;
		color.values.set([1, 0.2, 0, 1, 0.2, 0, 0, 0, 1, 0, 0, 1, 1, 0.2, 0, 1, 0.2, 0, 0, 0, 1, 0, 0, 1]);
		const line = lineOfText(color, 1);
		expect([line.height, line.width, ...bgrBytes(line)]).toEqual([1, 2, 0, 51, 255, 255, 0, 0]);
		const grey = { height: 1, width: 2, colors: 1, values: Float32Array.of(0.2, 1) } as const;
		expect([...bgrBytes(grey)]).toEqual([51, 51, 51, 255, 255, 255]);
	});
});
