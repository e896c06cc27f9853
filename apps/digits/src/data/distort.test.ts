import { randomOf } from "@heed/command-line";
import { startBackend } from "@heed/command-line/backend";
import { beforeAll, describe, expect, it } from "vitest";
import { type Canvas, type Distortion, distort, distortedSize } from "./distort.ts";
import { judgingPictures, trainingBatches } from "./picture-batches.ts";

const [height, width, count] = [6, 4, 5];
/** The first picture has one bright pixel, upper right; the others are evenly grey. */
const digits = {
	...{ height, width, count },
	images: Uint8Array.from({ length: count * height * width }, (_, i) =>
		i < height * width ? (i === width - 1 ? 255 : 0) : 51,
	),
	labels: Uint8Array.from([3, 1, 4, 1, 5]),
};
const canvasOf = (size: readonly [number, number]): Canvas => ({
	height: size[0],
	width: size[1],
	pixels: new Float32Array(size[0] * size[1]),
});
const drawn = (kind: Distortion, index: number, ...key: number[]): Canvas => {
	const canvas = canvasOf(distortedSize(kind, digits, kind === "none" || kind === "rotated" ? 0 : 17));
	distort(kind, digits, index, canvas, randomOf(...key));
	return canvas;
};
const sum = ({ pixels }: Canvas): number => pixels.reduce((total, value) => total + value, 0);
/** Where the bright pixel went, as the mean place of what is bright. */
const middle = (canvas: Canvas): [number, number] => {
	const place = (of: (i: number) => number): number =>
		canvas.pixels.reduce((total, value, i) => total + value * (of(i) + 0.5), 0) / sum(canvas);
	return [place((i) => i % canvas.width), place((i) => Math.floor(i / canvas.width))];
};

describe("distort", () => {
	it("leaves a digit as it is, or in the middle of a larger canvas", () => {
		expect(drawn("none", 0, 1).pixels.indexOf(1)).toBe(3);
		const wide = canvasOf([8, 8]);
		distort("none", digits, 0, wide, randomOf(1));
		expect(wide.pixels.indexOf(1)).toBe(1 * 8 + 2 + 3);
	});

	it("turns by up to a right angle about the middle, and neither way more often", () => {
		const images = new Uint8Array(49);
		images[3] = 255; // above the middle
		const square = { images, labels: Uint8Array.of(1), count: 1, height: 7, width: 7 };
		const angles = Array.from({ length: 60 }, (_, seed) => {
			const canvas = canvasOf([7, 7]);
			distort("rotated", square, 0, canvas, randomOf(seed));
			const [x, y] = middle(canvas);
			return Math.atan2(x - 3.5, 3.5 - y);
		});
		expect(Math.max(...angles)).toBeGreaterThan(1.4);
		expect(Math.min(...angles)).toBeLessThan(-1.4);
		expect(Math.max(...angles.map(Math.abs))).toBeLessThan(Math.PI / 2 + 0.01);
	});

	it("moves and resizes all over the canvas, and keeps the digit inside", () => {
		const canvases = Array.from({ length: 60 }, (_, seed) => drawn("rts", 1, seed));
		const areas = canvases.map((canvas) => sum(canvas) / (0.2 * height * width));
		expect(Math.min(...areas)).toBeGreaterThan(0.7 ** 2 - 0.05);
		expect(Math.min(...areas)).toBeLessThan(0.65);
		expect(Math.max(...areas)).toBeLessThan(1.2 ** 2 + 0.05);
		expect(Math.max(...areas)).toBeGreaterThan(1.2);
		const places = canvases.flatMap(middle);
		expect(Math.min(...places)).toBeLessThan(5);
		expect(Math.max(...places)).toBeGreaterThan(12);
	});

	it("moves by whole pixels, and adds pieces of other pictures", () => {
		const moved = Array.from({ length: 40 }, (_, seed) => drawn("translated", 0, seed));
		for (const canvas of moved) expect([sum(canvas), Math.max(...canvas.pixels)]).toEqual([1, 1]);
		expect(new Set(moved.map(({ pixels }) => pixels.indexOf(1))).size).toBeGreaterThan(30);
		const cluttered = drawn("cluttered", 0, 7);
		expect(Math.max(...cluttered.pixels)).toBe(1); // the digit itself stays on top
		expect(cluttered.pixels.filter((value) => value > 0.1 && value < 0.3).length).toBeGreaterThan(5);
	});
});

describe("pictures", () => {
	beforeAll(() => startBackend("cpu"));

	const making = { distortion: "translated", form: { height: 11, width: 9 } } as const;

	it("are distorted anew in every epoch, and the same for the same place", () => {
		const batches = trainingBatches(digits, making, 2);
		const numbers = (epoch: number, index: number, seed = 1): number[][] => {
			const { images, labels } = batches.batch({ epoch, index, seed }) as ReturnType<typeof batches.batch> & {
				images: { dataSync(): Float32Array };
				labels: { dataSync(): Int32Array };
			};
			return [[...images.dataSync()], [...labels.dataSync()]];
		};
		expect([batches.batches, batches.size({ epoch: 0, index: 2, seed: 1 })]).toEqual([3, 1]);
		const first = numbers(0, 1);
		expect(numbers(1, 1)).not.toEqual(first);
		expect(numbers(0, 1, 2)).not.toEqual(first);
		expect(numbers(0, 1)).toEqual(first);
		const labels = [0, 1, 2].flatMap((index) => numbers(4, index)[1] ?? []);
		expect(labels.sort()).toEqual([1, 1, 3, 4, 5]);
	});

	it("that judge are always the same", () => {
		const pictures = judgingPictures(digits, making);
		expect(judgingPictures(digits, making)).toEqual(pictures);
		expect([...pictures.labels]).toEqual([...digits.labels]);
		expect(pictures.pixels.length).toBe(5 * 11 * 9);
	});
});
