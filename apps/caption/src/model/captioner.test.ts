import { randomOf } from "@heed/command-line";
import { Parameters } from "@heed/layers";
import { greedyDecode, Vocabulary } from "@heed/nlp";
import { describeOnEveryBackend, expectNoLeak } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { drawScene } from "../scenes/scene.ts";
import { seenPlaces } from "../scenes/seen-places.ts";
import { attentionNames, defaultsOf, type ModelSettings } from "../settings.ts";
import { toCaptionBatch, toPictures } from "./caption-batch.ts";
import { Captioner } from "./captioner.ts";
import { SeenLoss } from "./seen-loss.ts";

const settings: ModelSettings = {
	...defaultsOf("scenes").model,
	size: 6,
	channels: 5,
	halvings: 1,
	units: 7,
	embedding: 2,
	attentionUnits: 4,
};
const words = 11;
const picture = (seed: number) => ({
	name: "",
	captions: [],
	another: "",
	scene: drawScene(randomOf(seed)),
	pixels: Uint8Array.from({ length: 6 * 6 * 3 }, (_, i) => (seed * 97 + i * i * 31) % 256),
});
const examples = [
	{ picture: picture(1), ids: [1, 5, 6, 2] },
	{ picture: picture(2), ids: [1, 7, 2] },
	{ picture: picture(3), ids: [1, 9, 5, 10, 4, 2] },
];

describeOnEveryBackend("Captioner", () => {
	it.each(attentionNames)("learns with every weight it has, and leaks nothing: %s", (attention) => {
		const model = new Captioner({ ...settings, attention }, words);
		const batch = toCaptionBatch(examples);
		const variables = [...model.weights.values()];
		const { value, grads } = tf.variableGrads(() => model.loss(batch, { trainingSeed: 3 }), variables);
		expect(value.dataSync()[0]).toBeGreaterThan(0);
		const still = [...model.weights]
			.filter(([, variable]) =>
				tf.tidy(() => tf.max(tf.abs(grads[variable.name] as tf.Tensor)).dataSync()[0] === 0),
			)
			.map(([name]) => name.split("/").slice(-2).join("/"));
		expect(still.filter((name) => name !== "score/bias")).toEqual([]); // what is added to all scores changes no softmax
		expectNoLeak(() => model.loss(batch, { trainingSeed: 4 }));
		tf.dispose([value, grads, { ...batch }]);
		model.dispose();
	});

	it.each(attentionNames)("decodes what it would have been told: %s", async (attention) => {
		const model = new Captioner(
			{ ...settings, attention, cell: attention === "hard" ? "gru" : "lstm" },
			words,
		);
		const pictures = toPictures(examples.map((example) => example.picture));
		const rules = { maxLength: 4, minLength: 2, never: [Vocabulary.pad] };
		const found = await greedyDecode(model, { pictures }, rules);
		for (const [i, { tokens, logProb, alignment }] of found.entries()) {
			const batch = toCaptionBatch([{ picture: examples[i]?.picture as never, ids: [1, ...tokens] }]);
			const loss = tf.tidy(() => model.loss(batch).dataSync()[0] ?? Number.NaN);
			expect(loss * tokens.length).toBeCloseTo(-logProb, 4);
			for (let t = 0; t < tokens.length; t++) {
				const row = alignment?.subarray(t * 9, (t + 1) * 9) ?? [];
				expect([...row].reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
				if (attention === "hard") expect(Math.max(...row)).toBe(1);
			}
			tf.dispose({ ...batch });
		}
		const { numTensors } = tf.memory();
		await greedyDecode(model, { pictures }, rules);
		expect(tf.memory().numTensors).toBe(numTensors);
		pictures.dispose();
		model.dispose();
	});

	it("loses nothing for a map that tells what is where, and all for one that tells nothing", () => {
		const parameters = new Parameters({ seed: 1 });
		const seenLoss = new SeenLoss(parameters, { channels: 15, side: 6 });
		const seen = tf.tensor3d(seenPlaces(drawScene(randomOf(5))), [1, 9, 15]);
		const rows = tf.reshape(seen, [1, 3, 1, 3, 1, 15]);
		const map = tf.reshape(tf.tile(rows, [1, 1, 2, 1, 2, 1]), [1, 6, 6, 15]) as tf.Tensor4D;
		const losses = (scale: number): number => {
			parameters.variables.get("kernel")?.assign(tf.mul(tf.eye(15), scale));
			return tf.tidy(() => seenLoss.loss(map, seen).dataSync()[0] ?? Number.NaN);
		};
		expect(losses(0)).toBeCloseTo(Math.log(3) + Math.log(7) + Math.log(5), 5);
		expect(losses(50)).toBeCloseTo(0, 5);
		tf.dispose([seen, rows, map]);
		parameters.dispose();
	});

	it("leaves what the padding says out of the loss, and adds the penalty only while it trains", () => {
		const model = new Captioner({ ...settings, doublyStochastic: 0.5 }, words);
		const plain = new Captioner({ ...settings, doublyStochastic: 0 }, words);
		const losses = (of: typeof examples, which = model, options = {}): number =>
			tf.tidy(() => which.loss(toCaptionBatch(of), options).dataSync()[0] ?? Number.NaN);
		const [a, b, c] = examples.map((example) => losses([example]));
		expect(losses(examples)).toBeCloseTo((3 * (a ?? 0) + 2 * (b ?? 0) + 5 * (c ?? 0)) / 10, 5);
		expect(losses(examples, plain)).toBeCloseTo(losses(examples), 6);
		const more = losses(examples, model, { trainingSeed: 1 }) - losses(examples, plain, { trainingSeed: 1 });
		// Nine places share at most five words: the mean of (1 − Σ α)² is at least (1 − 5/9)², and at most (16 + 8) / 9.
		expect(more).toBeGreaterThan(0.5 * (4 / 9) ** 2);
		expect(more).toBeLessThan((0.5 * 24) / 9);
		model.dispose();
		plain.dispose();
	});
});
