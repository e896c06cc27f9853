import { describeOnEveryBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { buildModel } from "./build-model.ts";
import { learnCodec } from "./codec.ts";
import { defaultsOf, type ModelSettings } from "./settings.ts";
import { translate } from "./translate.ts";
import { alignmentMap } from "./translation.ts";

const pairs = [
	{ source: "Tom sees seven dogs.", target: "Tom ser sju hundar." },
	{ source: "Mary sleeps.", target: "Maria sover." },
];
const codec = learnCodec("pairs", pairs, 1);
const settings: ModelSettings = { ...defaultsOf("pairs").model, units: 7, embedding: 5, maxLength: 6 };

describeOnEveryBackend("translate", () => {
	for (const attention of ["bahdanau", "luong"] as const) {
		for (const beam of [1, 3]) {
			it(`keeps the order, whatever shares a batch: ${attention}, beam ${beam}`, async () => {
				const model = buildModel({ ...settings, attention }, codec);
				const texts = ["Tom sees seven dogs, Mary, dogs, dogs.", "", "Mary sleeps.", "Unheard words!"];
				const options = { beam, maxLength: 6 };
				const before = tf.memory().numTensors;
				const together = await translate(model, codec, texts, options);
				expect(tf.memory().numTensors).toBe(before);
				expect(together.map(({ source }) => source)).toEqual(texts);
				for (const [i, text] of texts.entries()) {
					const [alone] = await translate(model, codec, [text], options);
					expect(together[i]?.target).toBe(alone?.target);
				}
				for (const { sourceTokens, targetTokens, weights } of together) {
					expect(weights).toHaveLength(sourceTokens.length * targetTokens.length);
					for (let row = 0; row < targetTokens.length; row++) {
						const start = row * sourceTokens.length;
						const sum = weights.subarray(start, start + sourceTokens.length).reduce((a, b) => a + b, 0);
						expect(sum).toBeCloseTo(1, 4);
					}
				}
				model.dispose();
			});
		}
	}

	it("writes a word that no vocabulary has, if the model copies", async () => {
		const model = buildModel({ ...settings, copy: true }, codec);
		const bias = model.weights.get("decoder/copy/bias");
		if (bias === undefined) throw new Error("The model has no gate.");
		bias.assign(tf.tensor1d([-100])); // never generate
		const options = { beam: 1, maxLength: 2, copy: true };
		const texts = ["Zebra Quagga", "Tom", "Okapi Zebra Okapi"];
		const together = await translate(model, codec, texts, options);
		for (const [i, text] of texts.entries()) {
			const words = new Set([...codec.sourceTokens(text), "⏎"]);
			const { targetTokens = [], target } = together[i] ?? {};
			expect(targetTokens.length).toBeGreaterThan(0);
			expect(targetTokens.filter((token) => !words.has(token))).toEqual([]);
			expect(target).not.toContain("<unk>");
			expect((await translate(model, codec, [text], options))[0]?.target).toBe(target);
		}
		model.dispose();
	});

	it("copies the word that it looks at where it knows none", async () => {
		const model = buildModel(settings, codec);
		const bias = model.weights.get("decoder/output/bias");
		if (bias === undefined) throw new Error("The output has no bias.");
		// Make `unk` certain; the search ends the text at its length limit.
		tf.tidy(() =>
			bias.assign(tf.cast(tf.oneHot(tf.scalar(3, "int32"), codec.target.size, 100, 0), "float32")),
		);
		const [translation] = await translate(model, codec, ["Zebra"], { beam: 1, maxLength: 2 });
		expect(translation?.target).toBe("Zebra Zebra");
		expect(translation?.targetTokens).toEqual(["<unk>", "<unk>", "⏎"]);
		model.dispose();
	});
});

it("shows words without joiners", () => {
	const map = alignmentMap({
		source: "a.",
		target: "b!",
		logProbability: 0,
		sourceTokens: ["a", "￭."],
		targetTokens: ["b", "￭!"],
		weights: Float32Array.of(1, 0, 0, 1),
	});
	expect(map?.keyTokens).toEqual(["a", "."]);
	expect(map?.queryTokens).toEqual(["b", "!"]);
});
