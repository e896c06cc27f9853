import { randomOf } from "@heed/command-line";
import { describe, expect, it } from "vitest";
import { checkCaption } from "./check-caption.ts";
import { describeScene } from "./describe-scene.ts";
import { paintScene } from "./paint-scene.ts";
import { drawScene, newCombinations, type Scene, type Thing } from "./scene.ts";
import { scenePictures } from "./scene-pictures.ts";
import { seenPlaces } from "./seen-places.ts";

const thing = (
	size: "small" | "big",
	color: Thing["color"],
	shape: Thing["shape"],
	x: number,
	y: number,
): Thing => ({
	size,
	color,
	shape,
	x,
	y,
});
/** A big red circle at the top left, a small blue square at the top right, a big white cross at the bottom. */
const scene: Scene = {
	things: [
		thing("big", "red", "circle", 0.18, 0.15),
		thing("small", "blue", "square", 0.84, 0.2),
		thing("big", "white", "cross", 0.5, 0.82),
	],
};

describe("checkCaption", () => {
	const wrong = { grammatical: false, things: false, true: false };
	const absent = { grammatical: true, things: false, true: false };
	const elsewhere = { grammatical: true, things: true, true: false };
	const right = { grammatical: true, things: true, true: true };
	it.each([
		["a red circle left of a small blue square", right],
		["there is a blue square right of a red circle", right],
		["the white cross is below the red circle", right],
		["a red circle and a blue square above a white cross", right],
		["a red circle at the top left and a white cross at the bottom", right],
		["a red circle right of a small blue square", elsewhere],
		["a red circle above a blue square", elsewhere], // a little, which is too little
		["a red circle and a white cross left of a blue square", right],
		["a red circle and a white cross above a blue square", elsewhere], // the circle hardly, the cross not
		["a red circle at the top and a white cross at the bottom", elsewhere],
		["a small red circle left of a blue square", absent],
		["a green circle left of a blue square", absent],
		["a red circle left of a red circle", absent], // there is one
		["a red circle", wrong],
		["a big red circle left of a blue square", wrong], // that goes without saying
		["a red circle left a blue square", wrong],
		["a circle red left of a blue square", wrong],
		["a red circle left of a small blue square and a white cross", wrong],
		["a red circle at the left top and a white cross at the bottom", wrong],
		["", wrong],
	])("%j", (caption, verdict) => {
		expect(checkCaption(caption, scene)).toEqual(verdict);
	});

	it("agrees with what is said of scenes, in all forms, and seldom with what is said of others", () => {
		const scenes = Array.from({ length: 300 }, (_, i) => drawScene(randomOf(3, "scene", i)));
		const captions = scenes.map((one, i) => describeScene(one, randomOf(3, "caption", i)));
		captions.forEach((caption, i) => {
			expect(checkCaption(caption, scenes[i] as Scene), caption).toEqual(right);
		});
		const ofOthers = captions.filter(
			(caption, i) => checkCaption(caption, scenes[(i + 1) % 300] as Scene).true,
		);
		expect(ofOthers.length).toBeLessThan(6);
		for (const form of [
			/^there is/,
			/ is (left|right|above|below)/,
			/ and .* (of|above|below) /,
			/ at the .* and /,
		]) {
			expect(captions.filter((caption) => form.test(caption)).length, `${form}`).toBeGreaterThan(10);
		}
	});
});

it("seenPlaces tells what stands in each ninth: size, colour and shape, or nothing", () => {
	const rows = Array.from({ length: 9 }, (_, ninth) =>
		[...seenPlaces(scene)].slice(ninth * 15, (ninth + 1) * 15).flatMap((one, i) => (one === 1 ? [i] : [])),
	);
	const nothing = [0, 3, 10];
	expect(rows).toEqual([
		...[[2, 4, 11], nothing, [1, 6, 12]], // a big red circle, a small blue square
		...[nothing, nothing, nothing],
		...[nothing, [2, 9, 14], nothing], // a big white cross
	]);
});

describe("scenePictures", () => {
	it("draws the same from the same seed, and keeps new combinations from all but the set that asks for them", () => {
		const make = (seed: number, name: string, withNew = false) =>
			scenePictures({ count: 60, size: 13, seed, name, withNew });
		const known = make(0, "train");
		expect(make(0, "train")).toEqual(known);
		expect(make(1, "train")[0]?.captions).not.toEqual(known[0]?.captions);
		expect(make(0, "held-out")[0]?.captions).not.toEqual(known[0]?.captions);
		const newOnes = (pictures: typeof known): number[] =>
			pictures.map(
				({ scene: { things } }) =>
					things.filter(({ color, shape }) => newCombinations.some((name) => name === `${color} ${shape}`))
						.length,
			);
		expect(new Set(newOnes(known))).toEqual(new Set([0]));
		expect(new Set(newOnes(make(0, "new", true)))).toEqual(new Set([1]));
		for (const { captions, pixels } of known) {
			expect(new Set(captions).size).toBe(3);
			expect(pixels).toHaveLength(13 * 13 * 3);
		}
	});

	it("paints each thing where it is, in its colour and size, on a dark ground", () => {
		const size = 50;
		const pixels = paintScene(scene, size, randomOf(0, "paint"));
		const at = (x: number, y: number): number[] =>
			Array.from(pixels.subarray((Math.floor(y * size) * size + Math.floor(x * size)) * 3).slice(0, 3));
		const [red = 0, green = 0, blue = 0] = at(0.18, 0.15);
		expect(red).toBeGreaterThan(green + 100);
		expect(red).toBeGreaterThan(blue + 100);
		expect(at(0.84, 0.2)[2]).toBeGreaterThan(180);
		for (const value of at(0.5, 0.82)) expect(value).toBeGreaterThan(200);
		for (const value of at(0.6, 0.92)) expect(value).toBeLessThan(100); // between the arms of the cross
		expect(Math.max(...at(0.18 + 0.12, 0.15))).toBeGreaterThan(180); // within the big circle
		expect(Math.max(...at(0.84 - 0.12, 0.2))).toBeLessThan(100); // beyond the small square
	});
});
