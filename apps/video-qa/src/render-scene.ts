import { randomOf } from "@heed/command-line";
import type { LabelledImages } from "@heed/command-line/digits";
import { digitSide, type Scene, sceneFrames, sceneSide } from "./scene.ts";
import type { Video } from "./video.ts";

/** Handwritten digits, small, by what they show. */
export type SmallDigits = readonly (readonly Uint8Array[])[];

/** Halves digits of 28 × 28: of the square of 20 × 20 around the ink, each 2 × 2 pixels become one. */
export function smallDigits({ images, labels, count, height, width }: LabelledImages): SmallDigits {
	const byDigit: Uint8Array[][] = Array.from({ length: 10 }, () => []);
	for (let i = 0; i < count; i++) {
		const image = images.subarray(i * height * width, (i + 1) * height * width);
		byDigit[labels[i] ?? 0]?.push(halve(image, height, width));
	}
	return byDigit;
}

/** Draws the frames of a scene, each digit in one handwriting. */
export function renderScene(scene: Scene, digits: SmallDigits, seed: number, name: string): Video {
	const random = randomOf("handwriting", seed);
	const frames = new Uint8Array(sceneFrames * sceneSide * sceneSide);
	for (const { digit, appearances } of scene) {
		const image = random.pick(digits[digit] ?? []);
		for (const { frame, x, y } of appearances) {
			for (let row = 0; row < digitSide; row++) {
				const from = image.subarray(row * digitSide, (row + 1) * digitSide);
				frames.set(from, (frame * sceneSide + y + row) * sceneSide + x);
			}
		}
	}
	return { name, frames, count: sceneFrames, height: sceneSide, width: sceneSide };
}

function halve(image: Uint8Array, height: number, width: number): Uint8Array {
	const rows = inked(height, (y) => image.subarray(y * width, (y + 1) * width).some(isInk));
	const columns = inked(width, (x) =>
		Array.from({ length: height }, (_, y) => image[y * width + x] ?? 0).some(isInk),
	);
	const [top, left] = [rows, columns].map(
		([first, last]) => Math.round((first + last + 1) / 2) - digitSide,
	) as [number, number];
	const pixel = (y: number, x: number): number =>
		y < 0 || y >= height || x < 0 || x >= width ? 0 : (image[y * width + x] ?? 0);
	return Uint8Array.from({ length: digitSide ** 2 }, (_, i) => {
		const [y, x] = [top + 2 * Math.floor(i / digitSide), left + 2 * (i % digitSide)];
		return (pixel(y, x) + pixel(y, x + 1) + pixel(y + 1, x) + pixel(y + 1, x + 1)) / 4;
	});
}

const isInk = (value: number): boolean => value > 64;

/** The first and the last line that has ink; the whole side if none has. */
function inked(count: number, hasInk: (line: number) => boolean): readonly [first: number, last: number] {
	const lines = Array.from({ length: count }, (_, line) => line).filter(hasInk);
	return [lines[0] ?? 0, lines.at(-1) ?? count - 1];
}
