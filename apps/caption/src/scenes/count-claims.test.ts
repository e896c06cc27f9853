import { randomOf } from "@heed/command-line";
import { describe, expect, it } from "vitest";
import { type ClaimCounts, claimKinds, countClaims } from "./count-claims.ts";
import { describeScene } from "./describe-scene.ts";
import { drawScene, type Scene } from "./scene.ts";

const scene: Scene = {
	things: [
		{ size: "big", color: "red", shape: "circle", x: 0.18, y: 0.15 },
		{ size: "small", color: "blue", shape: "square", x: 0.84, y: 0.2 },
	],
};

/** `[right, all]` of colours, shapes, sizes, relations and places. */
const numbers = (counts: ClaimCounts) => claimKinds.map((kind) => [counts[kind].right, counts[kind].all]);

describe("countClaims", () => {
	it.each([
		["a red circle left of a small blue square", [2, 2], [2, 2], [2, 2], [1, 1], [0, 0]],
		["a blue square right of a red circle", [2, 2], [2, 2], [1, 2], [1, 1], [0, 0]], // it is small
		["a small red cross left of a small blue square", [2, 2], [1, 2], [1, 2], [1, 1], [0, 0]],
		["a green circle right of a small blue square", [1, 2], [2, 2], [2, 2], [0, 1], [0, 0]],
		[
			"a red circle at the top left and a small blue square at the top",
			[2, 2],
			[2, 2],
			[2, 2],
			[0, 0],
			[1, 2],
		],
		["a red circle and a red circle above a red circle", [1, 3], [1, 3], [1, 3], [0, 2], [0, 0]],
		["red circle left", [0, 0], [0, 0], [0, 0], [0, 0], [0, 0]],
	])("%j", (caption, ...counts) => {
		expect(numbers(countClaims(caption, scene))).toEqual(counts);
	});

	it("finds all right that is said of scenes", () => {
		for (let i = 0; i < 100; i++) {
			const one = drawScene(randomOf(4, "scene", i), { withNew: i % 2 === 0 });
			const counts = countClaims(describeScene(one, randomOf(4, "caption", i)), one);
			for (const { right, all } of Object.values(counts)) expect(right).toBe(all);
		}
	});
});
