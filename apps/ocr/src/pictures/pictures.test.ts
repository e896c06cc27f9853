import { writeFileSync } from "node:fs";
import { randomOf } from "@heed/command-line";
import { useTerminal } from "@heed/command-line/testing";
import { encode } from "fast-png";
import { describe, expect, it } from "vitest";
import { cli } from "../cli.ts";
import { readFace } from "../fonts/font-faces.ts";
import { lineOfText } from "../paddle/bgr-image.ts";
import { drawWord } from "./draw-word.ts";
import { fitWord } from "./fit-word.ts";
import { normalize, pictureHeight, pictureWidth } from "./picture.ts";
import { readPicture } from "./read-picture.ts";
import { resample } from "./resample.ts";

const { file } = useTerminal("ocr", cli);

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

describe("readPicture", () => {
	it("reads grey, colour, transparency, palettes and few bits", () => {
		const write = (image: Parameters<typeof encode>[0]): string => {
			writeFileSync(file("a.png"), encode(image));
			return file("a.png");
		};
		const size = { width: 2, height: 1 };
		const read = (image: Partial<Parameters<typeof encode>[0]>): number[] =>
			[...readPicture(write({ ...size, data: new Uint8Array(), ...image })).pixels].map((v) =>
				Math.round(v * 255),
			);
		expect(read({ channels: 1, data: Uint8Array.of(0, 51) })).toEqual([0, 0, 0, 51, 51, 51]);
		expect(read({ channels: 3, data: Uint8Array.of(1, 2, 3, 4, 5, 6) })).toEqual([1, 2, 3, 4, 5, 6]);
		expect(read({ channels: 2, data: Uint8Array.of(0, 0, 0, 255) })).toEqual([255, 255, 255, 0, 0, 0]);
		expect(read({ channels: 4, data: Uint8Array.of(0, 9, 9, 0, 5, 6, 7, 255) })).toEqual([
			255, 255, 255, 5, 6, 7,
		]);
		const deep = { channels: 1, depth: 16, data: Uint16Array.of(65_535, 257) } as const;
		expect(read(deep)).toEqual([255, 255, 255, 1, 1, 1]);
	});
});

describe("fitting", () => {
	it("finds the word wherever it stands, in any size", () => {
		const [height, width] = [90, 150];
		const pixels = new Float32Array(height * width * 3).fill(0.2);
		for (let row = 30; row < 60; row++) {
			for (let column = 70; column < 110; column++)
				pixels.fill(0.9, 3 * (row * width + column), 3 * (row * width + column) + 3);
		}
		const fitted = fitWord({ height, width, pixels });
		const bright = [...(fitted?.pixels ?? [])].flatMap((value, i) => (value > 0.55 ? [i] : []));
		expect(bright).toHaveLength(15 * 20); // 30 × 40 at half the size
		expect([(bright[0] ?? 0) % pictureWidth, Math.floor((bright[0] ?? 0) / pictureWidth)]).toEqual([2, 4]);
		expect(fitWord({ height, width, pixels: pixels.fill(0.5) })).toBeUndefined();
	});

	it("averages what a pixel covers, and gives blue, green, red", () => {
		const pixels = Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7);
		const whole = { left: 0, top: 0, height: 2, width: 4 };
		expect([...resample({ height: 2, width: 4, pixels }, whole, { height: 1, width: 2 })]).toEqual([
			2.5, 4.5,
		]);
		expect([...resample({ height: 2, width: 4, pixels }, whole, { height: 2, width: 4 })]).toEqual([
			...pixels,
		]);
		const color = { height: 1, width: 2, pixels: Float32Array.of(1, 0.2, 0, 1, 0.2, 0) };
		expect([...lineOfText(color, 1)]).toEqual([0, 51, 255, 0, 51, 255]);
	});
});
