import { renderImageSvg } from "@heed/viz";
import { describe, expect, it } from "vitest";
import { lookBlocks, lookImages, remarks } from "./looks.ts";
import type { Picture } from "./pictures/picture.ts";
import { scenePictures } from "./scenes/scene-pictures.ts";

const caption = { words: ["a", "dog"], weights: Float32Array.of(0.5, 0, 0.25, 0.25, 0, 0, 0, 1), side: 2 };
const picture = { name: "x.png", pixels: new Uint8Array(27).fill(51), captions: ["a cat", "an animal"] };

describe("lookBlocks", () => {
	it("draws a block for each word, as many side by side as fit", () => {
		expect(lookBlocks(caption, 80)).toBe("a    dog\n@\n++    @");
		expect(lookBlocks(caption, 8)).toBe("a\n@\n++\n\ndog\n\n @");
		expect(lookBlocks({ words: [], weights: new Float32Array(), side: 2 }, 80)).toBe("");
	});
});

describe("lookImages", () => {
	it("shows the picture, and each word over it", () => {
		const images = lookImages(picture, caption, true);
		expect(images.map(({ title }) => title)).toEqual(["x.png", "a", "dog"]);
		expect(images[2]?.heat?.weights).toEqual(Float32Array.of(0, 0, 0, 1));
		expect(images[0]?.pixels[0]).toBeCloseTo(0.2);
		for (const image of images) expect(renderImageSvg(image)).toContain("<svg");
		expect(lookImages(picture, caption, false)).toHaveLength(1);
	});

	it("says what the data say", () => {
		expect(remarks(picture, caption)).toEqual(["Captions of the data: a cat; an animal."]);
		const [scene] = scenePictures({ count: 1, size: 3, seed: 0, name: "x" });
		const said = (text = ""): string[] => remarks(scene as Picture, { ...caption, words: text.split(" ") });
		expect(said(scene?.another)[0]).toBe("True.");
		expect(said("a dog")[0]).toBe("No sentence of the grammar.");
		expect(said("a red circle above a red circle")[0]).toBe("Not true: it names a thing that is not there.");
	});
});
