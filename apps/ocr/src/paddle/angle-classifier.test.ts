import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describeOnEveryBackend, sharedPath } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { AngleClassifier, angleHeight, angleWidth } from "./angle-classifier.ts";
import { bgrImage } from "./bgr-image.ts";

interface Word {
	readonly input: string;
	readonly width: number;
	readonly cls: readonly number[];
	readonly cls_rotated: readonly number[];
}

/** The first columns of rows of three bytes per pixel. */
function cut(bytes: Uint8Array, height: number, from: number, to: number): Uint8Array {
	const rows = Array.from({ length: height }, (_, row) =>
		bytes.subarray(3 * row * from, 3 * (row * from + to)),
	);
	return Uint8Array.from(rows.flatMap((row) => [...row]));
}

const folder = sharedPath("data", "ppocrv4");

describeOnEveryBackend("AngleClassifier", (backend) => {
	it.skipIf(folder === undefined)("gives what onnxruntime gives, of words upright and turned", async () => {
		const text = readFileSync(join(folder ?? "", "reference.json"), "utf8");
		const { cases } = JSON.parse(text) as { cases: Word[] };
		expect(cases).toHaveLength(10);
		const before = tf.memory().numTensors;
		const classifier = new AngleClassifier();
		for (const { input, width, cls, cls_rotated } of backend === "cpu" ? cases.slice(1, 2) : cases) {
			const whole = new Uint8Array(readFileSync(join(folder ?? "", "inputs", input)));
			const bytes = cut(whole, angleHeight, width, Math.min(width, angleWidth)); // before it is turned
			const turned = bytes.slice();
			for (let i = 0; i < bytes.length; i += 3) turned.set(bytes.subarray(i, i + 3), bytes.length - 3 - i);
			for (const [pixels, expected] of [
				[bytes, cls],
				[turned, cls_rotated],
			] as const) {
				const image = bgrImage(pixels, angleHeight, angleWidth);
				const angle = await classifier.judge(image);
				expect(angle.upright).toBeCloseTo(expected[0] ?? 0, 4);
				expect(angle.turned).toBeCloseTo(expected[1] ?? 0, 4);
				expect(angle.gates.map(({ length }) => length)).toEqual([8, 32, 88, 88, 40, 48, 104, 200, 200]);
				const weights = angle.gates.flatMap((gate) => [...gate]);
				expect(Math.min(...weights)).toBeGreaterThanOrEqual(0);
				expect(Math.max(...weights)).toBeLessThanOrEqual(1);
				expect(new Set(weights).size).toBeGreaterThan(100);
				image.dispose();
			}
		}
		classifier.dispose();
		expect(tf.memory().numTensors).toBe(before);
	});
});
