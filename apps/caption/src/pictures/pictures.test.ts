import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { UserError } from "@heed/command-line";
import { useTerminal } from "@heed/command-line/testing";
import { encode } from "fast-png";
import jpeg from "jpeg-js";
import { describe, expect, it } from "vitest";
import { captionWords } from "./caption-words.ts";
import { readCoco } from "./read-coco.ts";
import { readPicture } from "./read-picture.ts";
import { resizePixels } from "./resize-pixels.ts";

const { file } = useTerminal("caption", async () => 0);
const [red, white] = [
	[255, 0, 0],
	[255, 255, 255],
];

describe("resizePixels", () => {
	it("averages what a new pixel covers, and repeats where there are too few", () => {
		const grey = (width: number, height: number, ...values: number[]) => ({
			width,
			height,
			data: Uint8Array.from(values.flatMap((value) => [value, value + 1, value])),
		});
		const first = (pixels: Uint8Array): number[] => [...pixels].filter((_, i) => i % 3 === 0);
		expect(first(resizePixels(grey(4, 2, 0, 20, 100, 120, 40, 60, 140, 160), 2))).toEqual([10, 110, 50, 150]);
		expect(first(resizePixels(grey(3, 1, 0, 90, 240), 2))).toEqual([30, 190, 30, 190]); // 2/3 · 0 + 1/3 · 90
		expect(first(resizePixels(grey(1, 1, 7), 3))).toEqual(Array(9).fill(7));
		expect(resizePixels(grey(2, 2, 1, 2, 3, 4), 2)).toEqual(grey(2, 2, 1, 2, 3, 4).data);
	});
});

describe("readPicture", () => {
	it("reads PNGs of every kind, whatever their names", () => {
		const picture = { width: 2, height: 1 };
		const write = (png: Parameters<typeof encode>[0]): number[] => {
			writeFileSync(file("picture.jpg"), encode(png));
			return [...readPicture(file("picture.jpg"), 2)].slice(0, 6);
		};
		expect(write({ ...picture, channels: 3, data: Uint8Array.of(...red, 1, 2, 3) })).toEqual([
			...red,
			1,
			2,
			3,
		]);
		expect(write({ ...picture, channels: 1, data: Uint8Array.of(9, 200) })).toEqual([9, 9, 9, 200, 200, 200]);
		expect(write({ ...picture, channels: 2, data: Uint8Array.of(9, 255, 9, 0) })).toEqual([
			9,
			9,
			9,
			...white,
		]);
		expect(write({ ...picture, channels: 4, data: Uint8Array.of(...red, 255, ...red, 0) })).toEqual([
			...red,
			...white,
		]);
		expect(
			write({ ...picture, channels: 3, depth: 16, data: Uint16Array.of(65535, 0, 0, 257, 514, 771) }),
		).toEqual([...red, 1, 2, 3]);
		// Palette: made by hand, since the encoder writes none.
		const indexed = Buffer.from(
			"iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAMAAADD/I+4AAAABlBMVEX/AAAAAP9sof2OAAAAC0lEQVR4nGNgYAQAAAQAAr96P0oAAAAASUVORK5CYII=",
			"base64",
		);
		writeFileSync(file("indexed.png"), indexed);
		expect([...readPicture(file("indexed.png"), 2)].slice(0, 6)).toEqual([...red, 0, 0, 255]);
	});

	it("reads JPEGs", () => {
		const data = Uint8Array.from({ length: 16 * 16 * 4 }, (_, i) => [200, 40, 90, 255][i % 4] as number);
		writeFileSync(file("picture.png"), jpeg.encode({ width: 16, height: 16, data }, 100).data);
		const pixels = readPicture(file("picture.png"), 3);
		expect(pixels).toHaveLength(27);
		pixels.forEach((value, i) => {
			expect(Math.abs(value - ([200, 40, 90][i % 3] as number))).toBeLessThan(4);
		});
	});

	it("says in one line what it cannot read", () => {
		const good = encode({ width: 9, height: 9, channels: 1, data: new Uint8Array(81).map((_, i) => 3 * i) });
		const damaged = good.slice();
		damaged[45] = (damaged[45] ?? 0) ^ 255;
		const huge = good.slice();
		new DataView(huge.buffer).setUint32(16, 1e6);
		new DataView(huge.buffer).setUint32(20, 1e6);
		for (const [content, reason] of [
			[Buffer.from("GIF89a"), "neither a PNG nor a JPEG"],
			[new Uint8Array(), "neither a PNG nor a JPEG"],
			[good.slice(0, 20), "cut off"],
			[good.slice(0, 50), "cannot be read"],
			[damaged, "cannot be read"],
			[huge, "more than 100 megapixels"],
			[Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 1, 2), "cannot be read"],
		] as const) {
			writeFileSync(file("x.png"), content);
			const read = (): Uint8Array => readPicture(file("x.png"), 4);
			expect(read).toThrow(UserError);
			expect(read).toThrow(new RegExp(`^[^\\n]*x\\.png: [^\\n]*${reason}[^\\n]*$`));
		}
		expect(() => readPicture(file("absent.png"), 4)).toThrow("absent.png: there is no such file.");
		expect(() => readPicture(file("."), 4)).toThrow("this is a folder; give a picture.");
	});
});

describe("readCoco", () => {
	const image = (id: number | string, name: string): object => ({ id, file_name: name, width: 1 });
	const say = (id: unknown, caption: unknown): object => ({ id: 1, image_id: id, caption });
	const write = (json: unknown, name = "captions.json"): void =>
		writeFileSync(file(`pictures/${name}`), typeof json === "string" ? json : JSON.stringify(json));
	const read = (limit = 0, captions?: string) =>
		readCoco({ folder: file("pictures"), captions, size: 2, limit });
	const start = (): void => {
		mkdirSync(file("pictures"));
		for (const [i, name] of ["a.png", "b.png", "c.png"].entries()) {
			writeFileSync(
				file(`pictures/${name}`),
				encode({ width: 1, height: 1, channels: 1, data: Uint8Array.of(i) }),
			);
		}
	};

	it("joins pictures and captions by id, and passes over pictures without any", () => {
		start();
		write({
			images: [image(7, "a.png"), image("x", "b.png"), image(9, "c.png"), image(10, "absent.png")],
			annotations: [
				say("x", "Two  dogs."),
				say(7, "A man's well-known HAT, 3 of them!"),
				say(7, "Été"),
				say(9, "?!"),
			],
		});
		const pictures = read();
		expect(pictures.map(({ name, captions }) => [name, captions])).toEqual([
			["a.png", ["a man's well-known hat 3 of them", "été"]],
			["b.png", ["two dogs"]],
		]);
		expect(pictures[1]?.pixels).toEqual(new Uint8Array(12).fill(1));
		expect(read(1).map(({ name }) => name)).toEqual(["a.png"]);
		writeFileSync(file("other.json"), readFileSync(file("pictures/captions.json")));
		write("{}", "second.json");
		expect(read).toThrow("holds 2 JSON files; say which has the captions with --captions.");
		expect(read(0, file("other.json"))).toEqual(pictures);
	});

	it("says which file is wrong, and where", () => {
		expect(read).toThrow("pictures: there is no such folder");
		start();
		expect(read).toThrow("pictures holds no JSON file; say which has the captions with --captions.");
		const images = [image(1, "a.png")];
		for (const [json, message] of [
			["{", "captions.json: this is not JSON ("],
			["null", "captions.json: expected COCO's form"],
			[{ images }, "captions.json: expected COCO's form, with the lists `images` and `annotations`."],
			[{ images: [...images, { id: 2 }], annotations: [] }, "`images[1]` has no `id` or no `file_name`"],
			[{ images: [null], annotations: [] }, "`images[0]` has no `id`"],
			[{ images, annotations: [say(1, 5)] }, "`annotations[0]` has no `image_id` or no `caption`"],
			[{ images, annotations: [say(2, "x")] }, "`annotations[0]` is about the image 2, which is not among"],
			[{ images, annotations: [say(1, "...")] }, "there is no picture with a caption"],
			[
				{ images: [image(1, "absent.png")], annotations: [say(1, "x")] },
				"absent.png: there is no such picture, though",
			],
		] as const) {
			write(json);
			expect(read).toThrow(UserError);
			expect(read).toThrow(message);
		}
		expect(captionWords("  ")).toEqual([]);
	});
});
