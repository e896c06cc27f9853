import { writeFileSync } from "node:fs";
import { encode } from "fast-png";
import jpeg from "jpeg-js";
import { describe, expect, it } from "vitest";
import { UserError } from "../program/errors.ts";
import { useTerminal } from "../testing/index.ts";
import {
	bytesOf,
	edgeLightness,
	inkBox,
	inverted,
	isLightAtEdge,
	type Picture,
	readColorDrawing,
	readDrawing,
	readPicture,
	resizeArea,
	toGrey,
	toRgb,
} from "./index.ts";

const { file } = useTerminal("pictures", async () => 0);

/** A grey picture, or one in colours, row by row. */
function picture(height: number, width: number, ...values: number[]): Picture {
	const colors = values.length === height * width ? 1 : 3;
	return { height, width, colors, values: Float32Array.from(values) };
}
const close = (...values: number[]): unknown[] => values.map((value) => expect.closeTo(value, 5));

describe("readPicture", () => {
	it("lays what is transparent on the ground that is asked for", () => {
		const write = (channels: number, ...data: number[]): string => {
			const image = { width: data.length / channels, height: 1, channels, data: Uint8Array.from(data) };
			writeFileSync(file("a.jpg"), encode(image)); // the name says nothing
			return file("a.jpg");
		};
		const bytes = (ground: Parameters<typeof readPicture>[1]): number[] => [
			...bytesOf(readPicture(file("a.jpg"), ground)),
		];
		write(4, 255, 0, 0, 255, 10, 20, 30, 0, 0, 100, 200, 51);
		expect(bytes("white")).toEqual([255, 0, 0, 255, 255, 255, 204, 224, 244]);
		expect(bytes("black")).toEqual([255, 0, 0, 0, 0, 0, 0, 20, 40]);
		write(2, 9, 255, 9, 0);
		expect([bytes("contrast"), bytes("black")]).toEqual([
			[9, 255],
			[9, 0],
		]);
		write(2, 240, 255, 9, 0);
		expect([bytes("contrast"), bytes("white")]).toEqual([
			[240, 0],
			[240, 255],
		]);
		const grey = toGrey(readPicture(write(3, 255, 0, 0, 0, 255, 255), "white"));
		expect([grey.colors, ...grey.values]).toEqual([1, ...close(0.299, 0.701)]);
		expect([...toRgb(grey).values]).toEqual(close(0.299, 0.299, 0.299, 0.701, 0.701, 0.701));
		expect([...inverted(grey).values]).toEqual(close(0.701, 0.299));
	});

	it("reads drawings in grey, but not where nothing is drawn", () => {
		const write = (...data: number[]): string => {
			writeFileSync(file("b.png"), encode({ width: 2, height: 2, channels: 2, data: Uint8Array.from(data) }));
			return file("b.png");
		};
		expect(readDrawing(write(255, 255, 0, 0, 0, 0, 0, 0))).toEqual(picture(2, 2, 1, 0, 0, 0));
		expect(() => readDrawing(write(...new Array(8).fill(255)))).toThrow(
			"b.png: there is nothing to see; all",
		);
	});

	it("reads drawings in colour, where what has another colour as bright as the ground stands out", () => {
		const write = (...data: number[]): string => {
			writeFileSync(file("b.png"), encode({ width: 2, height: 1, channels: 3, data: Uint8Array.from(data) }));
			return file("b.png");
		};
		const red = [100, 0, 0, 0, 51, 0]; // as bright as that green
		expect(() => readDrawing(write(...red))).toThrow("b.png: there is nothing to see; all pixels are the");
		expect([readColorDrawing(write(...red)).colors, ...bytesOf(readColorDrawing(file("b.png")))]).toEqual([
			3,
			...red,
		]);
		expect(() => readColorDrawing(write(9, 99, 255, 9, 99, 255))).toThrow("b.png: there is nothing to see;");
	});

	it("says in one line what it cannot read", () => {
		const good = encode({ width: 9, height: 9, channels: 1, data: new Uint8Array(81).map((_, i) => 3 * i) });
		const damaged = good.slice();
		damaged[45] = (damaged[45] ?? 0) ^ 255;
		const huge = good.slice();
		new DataView(huge.buffer).setUint32(16, 1e6);
		new DataView(huge.buffer).setUint32(20, 1e6);
		const photo = jpeg.encode({ width: 8, height: 8, data: new Uint8Array(256) }, 50).data;
		const hugePhoto = Buffer.from(photo);
		hugePhoto.fill(
			0xff,
			photo.indexOf("\xff\xc0", 0, "latin1") + 5,
			photo.indexOf("\xff\xc0", 0, "latin1") + 9,
		);
		for (const [content, reason] of [
			[Buffer.from("GIF89a"), "neither a PNG nor a JPEG"],
			[new Uint8Array(), "neither a PNG nor a JPEG"],
			[good.slice(0, 20), "cut off"],
			[good.slice(0, 50), "cannot be read"],
			[damaged, "cannot be read"],
			[huge, "more than 100 megapixels"],
			[hugePhoto, "more than 100 megapixels"],
			[Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 1, 2), "cannot be read"],
		] as const) {
			writeFileSync(file("x.png"), content);
			const read = (): Picture => readPicture(file("x.png"), "white");
			expect(read).toThrow(UserError);
			expect(read).toThrow(new RegExp(`^[^\\n]*x\\.png: [^\\n]*${reason}[^\\n]*$`, "u"));
		}
		expect(() => readPicture(file("absent.png"), "white")).toThrow("absent.png: there is no such file.");
		expect(() => readPicture(file("."), "white")).toThrow("this is a folder; give a picture.");
	});
});

describe("resizeArea", () => {
	it("averages what a new pixel covers, and interpolates where there are too few", () => {
		const two = picture(2, 4, 0, 1, 2, 3, 4, 5, 6, 7);
		expect([...resizeArea(two, { height: 1, width: 2 }).values]).toEqual([2.5, 4.5]);
		expect(resizeArea(two, { height: 2, width: 4 })).toEqual(two);
		const three = picture(1, 3, 0, 0.3, 0.9);
		expect([...resizeArea(three, { height: 2, width: 2 }).values]).toEqual(close(0.1, 0.7, 0.1, 0.7));
		const colors = resizeArea(picture(1, 2, 0, 1, 2, 4, 5, 6), { height: 1, width: 4 });
		expect([...colors.values]).toEqual([0, 1, 2, 1, 2, 3, 3, 4, 5, 4, 5, 6]);
		expect(colors).toMatchObject({ height: 1, width: 4, colors: 3 });
	});

	it("takes a part that begins within a pixel, and what lies beyond", () => {
		const three = picture(1, 3, 0, 0.3, 0.9);
		const part = { top: 0, left: 0.5, height: 1, width: 2 };
		expect([...resizeArea(three, { height: 1, width: 1, part }).values]).toEqual(close(0.375));
		// A quarter of the first new pixel lies within, of the second a half.
		const over = { top: -1, left: 1, height: 2, width: 4 };
		const sized = { height: 1, width: 2, part: over };
		expect([...resizeArea(three, { ...sized, beyond: 1 }).values]).toEqual(close(0.8, 1));
		expect([...resizeArea(three, { ...sized, beyond: 0 }).values]).toEqual(close(0.3, 0));
		expect([...resizeArea(three, sized).values]).toEqual(close(0.6, 0.9));
		const beside = { top: 5, left: 7, height: 2, width: 2 };
		expect([...resizeArea(three, { height: 1, width: 1, part: beside, beyond: 0.5 }).values]).toEqual([0.5]);
	});
});

describe("the ground and the ink", () => {
	const dark = picture(4, 5, ...new Array<number>(20).fill(0.9));
	dark.values.set([0.1, 0.5], 6); // row 1, columns 1 and 2
	dark.values[13] = 0.2; // row 2, column 3

	it("are told apart by the edge", () => {
		expect([edgeLightness(dark), isLightAtEdge(dark)]).toEqual([expect.closeTo(0.9, 5), true]);
		expect(isLightAtEdge(inverted(dark))).toBe(false);
		const touching = picture(1, 4, 1, 1, 0, 0); // half of the edge is light: light on dark
		expect(isLightAtEdge(touching)).toBe(false);
	});

	it("give the box around what stands out", () => {
		expect(inkBox(dark, 0.9, 0.6)).toEqual({ top: 1, left: 1, height: 2, width: 3 });
		expect(inkBox(dark, 0.9, 0.95)).toEqual({ top: 1, left: 1, height: 1, width: 1 });
		expect(inkBox(picture(1, 3, 0.5, 0.51, 0.5), 0.5, 0.4)).toBeUndefined();
	});
});
