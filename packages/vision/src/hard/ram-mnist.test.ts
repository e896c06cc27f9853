import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { captureAttention, disposeAttention } from "@heed/layers";
import {
	describeOnEveryBackend,
	expectClose,
	expectNoLeak,
	readSafetensors,
	sharedPath,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { recurrentAttentionFromTorch } from "./recurrent-attention-from-torch.ts";
import { RecurrentAttentionModel } from "./recurrent-attention-model.ts";

interface Reference {
	readonly labels: number[];
	/** `[image][7][2]`; the last is never looked at. */
	readonly locations: number[][][];
	readonly log_probs: number[][];
}

const folder = sharedPath("data", "ram-mnist");
const digits = sharedPath("data", "mnist");

const state = (): Record<string, tf.Tensor> =>
	readSafetensors(readFileSync(join(folder ?? "", "ram_6_8x8_2.safetensors")));

/** What a file of the test digits holds behind its header. */
const testFile = (name: string, header: number): Uint8Array =>
	gunzipSync(readFileSync(join(digits ?? "", `t10k-${name}-ubyte.gz`))).subarray(header);

/** Images of 28 × 28 bytes, normalised as the checkpoint wants them. */
function imagesOf(bytes: Uint8Array): tf.Tensor4D {
	const values = Float32Array.from(bytes, (value) => (value / 255 - 0.1307) / 0.3081);
	return tf.tensor4d(values, [bytes.length / 784, 28, 28, 1]);
}

describe.skipIf(folder === undefined || digits === undefined)("a model trained by others on digits", () => {
	describeOnEveryBackend("its checkpoint", () => {
		it("goes the same ways and says the same", () => {
			tf.tidy(() => {
				const reference = JSON.parse(
					readFileSync(join(folder ?? "", "reference.json")).toString(),
				) as Reference;
				const model = recurrentAttentionFromTorch(state());
				const size = [...model.weights.values()].reduce((sum, weight) => sum + weight.size, 0);
				expect(size).toBe(209677);
				const images = imagesOf(testFile("images-idx3", 16).subarray(0, 8 * 784));
				const { result, records } = captureAttention(() => model.rollOut(images));
				const { logProbs, locations } = result;
				expect(Object.keys(result)).toEqual(["logProbs", "locations"]);
				const ways = reference.locations.map((way) => way.slice(0, 6));
				expectClose(locations, ways.flat(2), { atol: 1e-3 });
				expectClose(logProbs, reference.log_probs.flat(), { atol: 1e-3 });
				expectClose(model.predict(images), tf.exp(logProbs));
				expectClose(tf.argMax(logProbs, 1), reference.labels);
				expect(records.map(({ kind, axes, meta }) => ({ kind, axes, meta }))).toEqual([
					{
						kind: "trajectory",
						axes: ["batch", "step", "coordinate"],
						meta: { mechanism: "recurrentAttentionModel", patchSize: 8, numScales: 1, scale: 2 },
					},
				]);
				disposeAttention(records);
				model.dispose();
			});
		});
	});

	describeOnEveryBackend("its score", () => {
		it("is 95.87 % of the 10,000 test digits, of which cpu, which is slow, reads the first 200", () => {
			const model = recurrentAttentionFromTorch(state());
			const [pixels, labels] = [testFile("images-idx3", 16), testFile("labels-idx1", 8)];
			const [count, size, expected] = tf.getBackend() === "cpu" ? [200, 200, 193] : [10_000, 1000, 9587];
			let right = 0;
			for (let start = 0; start < count; start += size) {
				const images = pixels.subarray(784 * start, 784 * (start + size));
				const said = tf.tidy(() => tf.argMax(model.rollOut(imagesOf(images)).logProbs, 1).dataSync());
				right += said.filter((digit, i) => digit === labels[start + i]).length;
			}
			expect(right).toBe(expected);
			model.dispose();
		});
	});

	describeOnEveryBackend("an importer", () => {
		it("refuses what does not fit, and leaves nothing", () => {
			tf.tidy(() => {
				const good = state();
				const { "rnn.h2h.bias": _, ...lacking } = good;
				const wrong: [RegExp, () => unknown][] = [
					[/lacks `rnn.h2h.bias`/, () => recurrentAttentionFromTorch(lacking)],
					[
						/nobody reads `head.weight`/,
						() =>
							recurrentAttentionFromTorch({ ...good, "head.weight": good["rnn.h2h.weight"] as tf.Tensor }),
					],
					[/reads 64 pixels.*2 · 1 squares/, () => recurrentAttentionFromTorch(good, { numScales: 2 })],
					[/`glimpses` is 0/, () => recurrentAttentionFromTorch(good, { glimpses: 0 })],
					[
						/classifier\/bias.*does not match/,
						() =>
							recurrentAttentionFromTorch({
								...good,
								"classifier.fc.bias": good["rnn.h2h.bias"] as tf.Tensor,
							}),
					],
				];
				for (const [message, run] of wrong) {
					expect(run).toThrow(message);
					expectNoLeak(() => tf.tidy(() => run() as tf.Tensor), { throws: true });
				}
			});
		});

		it("reads several scales and channels, and a locator with a hidden layer", () => {
			tf.tidy(() => {
				const [patchSize, numScales, channels] = [3, 2, 2];
				const planes = numScales * channels;
				const config = {
					...{ classes: 4, channels, units: 5, glimpses: 2 },
					glimpse: { patchSize, numScales, glimpseUnits: 3, locationUnits: 2, units: 4 },
					policy: { hiddenUnits: 3 },
				};
				const model = new RecurrentAttentionModel(config);
				const names = {
					"glimpse/what": "sensor.fc1",
					"glimpse/where": "sensor.fc2",
					"glimpse/fromWhat": "sensor.fc3",
					"glimpse/fromWhere": "sensor.fc4",
					"core/input": "rnn.i2h",
					"core/recurrent": "rnn.h2h",
					"locator/hidden": "locator.fc",
					"locator/mean": "locator.fc_lt",
					classifier: "classifier.fc",
					baseline: "baseliner.fc",
				};
				const theirs: Record<string, tf.Tensor> = {};
				for (const [ours, name] of Object.entries(names)) {
					theirs[`${name}.weight`] = tf.transpose(model.weights.get(`${ours}/kernel`) as tf.Variable);
					theirs[`${name}.bias`] = model.weights.get(`${ours}/bias`) as tf.Tensor;
				}
				const first = theirs["sensor.fc1.weight"] as tf.Tensor;
				const apart = tf.reshape(first, [3, patchSize ** 2, planes]);
				theirs["sensor.fc1.weight"] = tf.reshape(tf.transpose(apart, [0, 2, 1]), first.shape);
				const copy = recurrentAttentionFromTorch(theirs, { channels, numScales, glimpses: 2 });
				for (const [name, weight] of model.weights) {
					expectClose(copy.weights.get(name) as tf.Variable, weight, { atol: 0, label: name });
				}
				expect(copy.config).toEqual(model.config);
				copy.dispose();
				model.dispose();
			});
		});
	});
});
