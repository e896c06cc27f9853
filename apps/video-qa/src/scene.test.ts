import { describe, expect, it } from "vitest";
import { renderScene, type SmallDigits, smallDigits } from "./render-scene.ts";
import { drawScene, type Scene, sceneFrames, sceneSide } from "./scene.ts";
import { askAbout, counts } from "./scene-questions.ts";

const scenes = Array.from({ length: 120 }, (_, seed) => drawScene(seed));
const first = (scene: Scene, digit: number): number =>
	scene.find((actor) => actor.digit === digit)?.appearances[0]?.frame ?? Number.NaN;

describe("drawScene", () => {
	it("follows from its seed, stays within the frames, and keeps its digits apart", () => {
		expect(drawScene(7)).toEqual(scenes[7]);
		expect(drawScene(8)).not.toEqual(scenes[7]);
		for (const scene of scenes) {
			expect(new Set(scene.map(({ digit }) => digit)).size).toBe(3);
			const starts = scene.map(({ digit }) => first(scene, digit));
			expect(starts).toEqual([...new Set(starts)].sort((a, b) => a - b));
			const all = scene.flatMap(({ appearances }) => appearances);
			for (const { frame, x, y } of all) {
				expect(frame >= 0 && frame < sceneFrames && x >= 0 && x <= 18 && y >= 0 && y <= 18).toBe(true);
			}
			const near = all.filter((a, i) =>
				all.some(
					(b, j) => j > i && a.frame === b.frame && Math.abs(a.x - b.x) < 10 && Math.abs(a.y - b.y) < 10,
				),
			);
			expect(near).toEqual([]);
		}
	});

	it("moves digits in one direction, and lets the others blink one to four times with pauses", () => {
		const steps = { left: [-3, 0], right: [3, 0], up: [0, -3], down: [0, 3] };
		const blinks = new Set<number>();
		for (const { appearances, direction } of scenes.flat()) {
			if (direction === undefined) blinks.add(appearances.length);
			appearances.slice(1).forEach(({ frame, x, y }, i) => {
				const before = appearances[i] ?? { frame: 0, x: 0, y: 0 };
				if (direction === undefined) expect(frame - before.frame).toBeGreaterThan(1);
				else expect([frame - before.frame, x - before.x, y - before.y]).toEqual([1, ...steps[direction]]);
			});
		}
		expect([...blinks].sort()).toEqual([1, 2, 3, 4]);
	});
});

describe("askAbout", () => {
	it("knows the right answers", () => {
		for (const [seed, scene] of scenes.entries()) {
			for (const { text, answer, type } of askAbout(scene, seed)) {
				const digit = Number(/\d/.exec(text)?.[0] ?? Number.NaN);
				const actor = scene.find((one) => one.digit === digit);
				if (type === "direction") expect(answer).toBe(actor?.direction);
				else if (type === "count") {
					const times = actor?.appearances.length ?? 0;
					expect(answer).toBe(counts[actor?.direction === undefined ? times : 1]);
				} else {
					const at = first(scene, Number(answer));
					const order = scene.map((one) => first(scene, one.digit));
					const from = order.indexOf(first(scene, digit)); // -1: it is about no digit
					const place = text.includes("first") ? 0 : text.includes("after") ? from + 1 : from - 1;
					expect(order.indexOf(at)).toBe(from === -1 && text.includes("last") ? 2 : place);
				}
			}
		}
	});
});

describe("renderScene", () => {
	it("draws each digit where it is, at half its size", () => {
		const image = new Uint8Array(28 * 28);
		for (const [y, x] of [
			[4, 5],
			[4, 6],
			[5, 5],
			[5, 6],
			[23, 24],
		] as const) {
			image[y * 28 + x] = 200;
		}
		const digits = smallDigits({ images: image, labels: Uint8Array.of(0), count: 1, height: 28, width: 28 });
		expect(Array.from(digits[0]?.[0] ?? []).flatMap((value, i) => (value > 0 ? [[i, value]] : []))).toEqual([
			[0, 200],
			[99, 50],
		]);
		const all = Array.from({ length: 10 }, (_, digit) => [
			new Uint8Array(100).fill(100 + digit),
		]) as SmallDigits;
		const scene = scenes[3] as Scene;
		const { frames, count } = renderScene(scene, all, 3, "3");
		expect(count).toBe(sceneFrames);
		const pixels = (value: number): number => frames.filter((pixel) => pixel === value).length;
		for (const { digit, appearances } of scene) {
			expect(pixels(100 + digit)).toBe(100 * appearances.length);
			for (const { frame, x, y } of appearances) {
				expect(frames[(frame * sceneSide + y + 9) * sceneSide + x + 9]).toBe(100 + digit);
			}
		}
	});
});
