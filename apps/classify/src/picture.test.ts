import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import { encode } from "fast-png";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fitPicture } from "./fit-picture.ts";
import { readPng } from "./read-png.ts";

let folder = "";
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "heed-classify-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function written(bytes: Uint8Array): string {
	const path = join(folder, "picture.png");
	writeFileSync(path, bytes);
	return path;
}

/** A PNG by hand: the encoder knows 8 and 16 bits only. */
function smallDepth(
	depth: number,
	type: number,
	rows: readonly number[],
	width: number,
	palette: readonly number[] = [],
): Buffer {
	const chunk = (name: string, data: Uint8Array): Buffer => {
		const head = Buffer.alloc(4);
		head.writeUInt32BE(data.length);
		return Buffer.concat([head, Buffer.from(name), data, Buffer.alloc(4)]); // the checksum is not read
	};
	const header = Uint8Array.of(0, 0, 0, width, 0, 0, 0, rows.length, depth, type, 0, 0, 0);
	const lines = Uint8Array.from(rows.flatMap((row) => [0, row]));
	return Buffer.concat([
		Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10),
		chunk("IHDR", header),
		...(palette.length > 0 ? [chunk("PLTE", Uint8Array.from(palette))] : []),
		chunk("IDAT", deflateSync(lines)),
		chunk("IEND", new Uint8Array()),
	]);
}

describe("readPng", () => {
	const png = (channels: number, data: readonly number[], depth: 8 | 16 = 8): number[] => {
		const values = depth === 8 ? Uint8Array.from(data) : Uint16Array.from(data);
		const path = written(encode({ width: 2, height: 1, channels, depth, data: values }));
		return Array.from(readPng(path).pixels, (value) => Number(value.toFixed(3)));
	};

	it("reads grey and coloured pictures of any depth", () => {
		expect(png(1, [0, 51])).toEqual([0, 0.2]);
		expect(png(1, [65_535, 13_107], 16)).toEqual([1, 0.2]);
		expect(png(3, [255, 0, 0, 0, 255, 255])).toEqual([0.299, 0.701]);
		expect(Array.from(readPng(written(smallDepth(1, 0, [0b10100000, 0b01000000], 3))).pixels)).toEqual([
			1, 0, 1, 0, 1, 0,
		]);
		expect(Array.from(readPng(written(smallDepth(4, 0, [0xf0], 2))).pixels)).toEqual([1, 0]);
		const palette = [0, 0, 0, 255, 255, 255];
		expect(Array.from(readPng(written(smallDepth(1, 3, [0b01000000], 3, palette))).pixels)).toEqual(
			[0, 1, 0].map((value) => expect.closeTo(value, 5)),
		);
	});

	it("puts light behind dark ink, and dark behind light", () => {
		expect(png(2, [0, 255, 0, 0])).toEqual([0, 1]);
		expect(png(4, [255, 255, 255, 255, 9, 9, 9, 0])).toEqual([1, 0]);
	});

	it("says what is no PNG", () => {
		expect(() => readPng(join(folder, "none.png"))).toThrow("none.png: there is no such file.");
		expect(() => readPng(written(Uint8Array.of(1, 2, 3)))).toThrow(
			/picture.png: this is no PNG file that can be read/,
		);
	});
});

describe("fitPicture", () => {
	const codec = { classes: ["a", "b"], height: 9, width: 9, margin: 2 };
	const draw = (side: number, inside: (row: number, column: number) => boolean, ink = 1) => ({
		pixels: Float32Array.from({ length: side ** 2 }, (_, i) =>
			inside(Math.floor(i / side), i % side) ? ink : 1 - ink,
		),
		...{ height: side, width: side },
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
