import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startBackend } from "@heed/command-line/backend";
import { sharedPath } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { bgrImage } from "./bgr-image.ts";
import { LineReader, lineHeight } from "./line-reader.ts";

interface Line {
	readonly input: string;
	readonly text: string;
	readonly argmax: readonly number[];
	readonly maxprob: readonly number[];
}

const folder = sharedPath("data", "ppocrv4");

it.skipIf(folder === undefined)(
	"LineReader reads what onnxruntime reads, with the same probabilities",
	async () => {
		await startBackend("wasm");
		const text = readFileSync(join(folder ?? "", "reference.json"), "utf8");
		const { cases } = JSON.parse(text) as { cases: Line[] };
		expect(cases).toHaveLength(10);
		const before = tf.memory().numTensors;
		const reader = new LineReader();
		for (const { input, ...expected } of cases) {
			const image = bgrImage(new Uint8Array(readFileSync(join(folder ?? "", "inputs", input))), lineHeight);
			const reading = await reader.read(image);
			image.dispose();
			expect(reading.text).toBe(expected.text);
			expect([...reading.classes]).toEqual(expected.argmax);
			expected.maxprob.forEach((probability, i) => {
				expect(reading.probabilities[i]).toBeCloseTo(probability, 4);
			});
			const columns = reading.classes.length;
			expect(reading.attention.map(({ length }) => length)).toEqual([columns ** 2, columns ** 2]);
			const sums = reading.attention.map((weights) => weights.reduce((sum, weight) => sum + weight, 0));
			for (const sum of sums) expect(sum / columns).toBeCloseTo(1, 4);
		}
		reader.dispose();
		expect(tf.memory().numTensors).toBe(before);
	},
);
