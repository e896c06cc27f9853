import { Parameters } from "@heed/layers";
import { describeOnEveryBackend, expectClose, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { AttentionalDecoder, type AttentionalDecoderOptions } from "./attentional-decoder.ts";
import type { DecodedSteps } from "./decoded-steps.ts";
import { Seq2Seq } from "./seq2seq.ts";

const [time, batch, source] = [4, 2, 5];
const base: AttentionalDecoderOptions = {
	embeddingSize: 3,
	units: 5,
	cell: "gru",
	layers: 3,
	attention: { kind: "luong" },
	attend: "afterCell",
	inputFeeding: false,
	bridge: "zero",
	memorySize: 7,
	seed: 0,
};

// How often something is between two layers: 2 places, all steps at once or one by one.
const ways: [string, AttentionalDecoderOptions, number][] = [
	["all at once", base, 2],
	["with input feeding", { ...base, inputFeeding: true }, 2 * time],
	["asked before the cell", { ...base, attend: "beforeCell" }, 2 * time],
];

describeOnEveryBackend("AttentionalDecoder", () => {
	it.each(ways)("applies what is between the layers, %s", (_, options, uses) => {
		const parameters = new Parameters();
		const decoder = new AttentionalDecoder(parameters, options);
		tf.tidy(() => {
			const memory = randomTensor<tf.Rank.R3>([batch, source, 7], 1);
			const inputs = randomTensor<tf.Rank.R3>([time, batch, 3], 2);
			const start = decoder.start({ memory, state: [] });
			const shapes: number[][] = [];
			const doubled = decoder.run(inputs, start, {
				between: (x) => {
					shapes.push(x.shape);
					return tf.mul(x, 2);
				},
			}).vectors;
			expect(shapes).toHaveLength(uses);
			expect(shapes.every((shape) => shape.at(-1) === 5 && shape.at(-2) === batch)).toBe(true);
			const plain = decoder.run(inputs, start).vectors;
			expect(Number(tf.max(tf.abs(tf.sub(doubled, plain))).dataSync()[0])).toBeGreaterThan(1e-3);
			expectClose(decoder.run(inputs, start, { between: (x) => tf.clone(x) }).vectors, plain, { atol: 0 });
		});
		parameters.dispose();
	});

	it("hands on what every step says, draws from a seed of each step, and refuses other options", () => {
		const parameters = new Parameters();
		const hard = { kind: "hard", units: 5, softRate: 0 } as const;
		const decoder = new AttentionalDecoder(parameters, { ...base, attention: hard });
		const coverage = { kind: "coverage", units: 5 } as const;
		const covering = new AttentionalDecoder(parameters.scope("other"), { ...base, attention: coverage });
		tf.tidy(() => {
			const start = { memory: randomTensor<tf.Rank.R3>([batch, source, 7], 1), state: [] };
			const inputs = randomTensor<tf.Rank.R3>([time, batch, 3], 2);
			const run = (seed?: number): DecodedSteps => decoder.run(inputs, decoder.start(start), { seed });
			const { sample, alignment, context, hidden, penalty } = run(0);
			expect([alignment, context, hidden].map(({ shape }) => shape)).toEqual([
				[batch, time, source],
				[time, batch, 7],
				[time, batch, 5],
			]);
			expect([sample?.logProb.shape, sample?.entropy.shape, penalty]).toEqual([
				[time, batch],
				[time, batch],
				undefined,
			]);
			expectClose(run(0).alignment, alignment, { atol: 0 });
			expect(
				[1, 2, 3].some((seed) => `${run(seed).alignment.dataSync()}` !== `${alignment.dataSync()}`),
			).toBe(true);
			expect(run().sample).toBeUndefined();
			const covered = covering.run(inputs, covering.start(start));
			expect(covered.penalty?.shape).toEqual([time, batch]);
			expectClose(tf.slice(covered.penalty as tf.Tensor2D, [0, 0], [1, -1]), [0, 0]);
			const slope = (seed?: number) => (): tf.Tensor =>
				tf.grad(() => tf.sum(run(seed).context))(tf.scalar(0));
			expect(slope()).toThrow("AttentionalDecoder.run: a gradient is computed without a seed");
			expect(slope(0)).not.toThrow("without a seed");
			expect(() => run(-1)).toThrow("AttentionalDecoder.run: `seed` is -1");
			expect(() => decoder.run(inputs, decoder.start(start), { drop: 1 } as never)).toThrow(
				"unknown option `drop`",
			);
		});
		parameters.dispose();
	});

	it("drops between the layers of a Seq2Seq, at every step", async () => {
		const model = new Seq2Seq({
			...{ sourceVocabularySize: 11, targetVocabularySize: 7, embeddingSize: 3, units: 5 },
			...{ decoderLayers: 2, dropout: 0.5 },
		});
		const ids = tf.ones([batch, time + 1], "int32") as tf.Tensor2D;
		const lengths = tf.tensor1d([5, 4], "int32");
		const pairs = { source: ids, sourceLengths: lengths, target: ids, targetLengths: lengths };
		const { kernels, result } = await tf.profile(() => model.loss(pairs, { trainingSeed: 1 }));
		const uses = kernels.filter(({ name }) => name === "Floor"); // the host's dropout floors what it has drawn
		expect(uses).toHaveLength(2 + 1 + time + 1); // encoder, embedding, between the layers, vectors
		tf.dispose([ids, lengths, result as tf.Tensor]);
		model.dispose();
	});

	it("refuses wrong options before it makes a weight", () => {
		const parameters = new Parameters();
		const make = (options: object): AttentionalDecoder =>
			new AttentionalDecoder(parameters, { ...base, ...options });
		expect(() => make({ layers: 0 })).toThrow("AttentionalDecoder: `layers` is 0");
		expect(() => make({ attention: { kind: "bahdanau" } })).toThrow("`units` is undefined");
		expect(() => make({ attend: "beforeCell", inputFeeding: true })).toThrow("gets the context already");
		expect(() => make({ layer: 3 })).toThrow("unknown option `layer`");
		expect(parameters.variables.size).toBe(0);
	});
});
