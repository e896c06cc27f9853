import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { UserError } from "@heed/command-line";
import { useTerminal } from "@heed/command-line/testing";
import { encode } from "fast-png";
import { describe, expect, it } from "vitest";
import { captionWords } from "./caption-words.ts";
import { readCoco } from "./read-coco.ts";
import { readPicture } from "./read-picture.ts";

const { file } = useTerminal("caption", async () => 0);
it("pictures become squares of red, green and blue, on white", () => {
	const write = (channels: number, ...data: number[]): number[] => {
		const image = { width: data.length / channels, height: 1, channels, data: Uint8Array.from(data) };
		writeFileSync(file("picture.png"), encode(image));
		return [...readPicture(file("picture.png"), 2)].slice(0, 6);
	};
	expect(write(1, 0, 10, 100, 120)).toEqual([5, 5, 5, 110, 110, 110]);
	expect(write(4, 255, 0, 0, 255, 255, 0, 0, 0)).toEqual([255, 0, 0, 255, 255, 255]);
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
