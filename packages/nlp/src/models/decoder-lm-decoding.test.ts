import { HeedError } from "@heed/core";
import { describeOnEveryBackend, expectNoLeak, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { beamDecode } from "../decode/beam-decode.ts";
import { greedyDecode } from "../decode/greedy-decode.ts";
import { sampleDecode } from "../decode/sample-decode.ts";
import { padBatch, toTensors } from "../text/pad-batch.ts";
import { DecoderLM } from "./decoder-lm.ts";
import { type DecoderLMConfig, gptConfig, llamaConfig } from "./decoder-lm-config.ts";

const sizes = { vocabularySize: 11, modelDim: 8, layers: 2, numHeads: 2, hiddenDim: 13, seed: 3 };
const gpt = gptConfig({ ...sizes, maxLength: 17 });
const llama = llamaConfig({ ...sizes, numKeyValueHeads: 1 });
const both: [string, DecoderLMConfig][] = [
	["GPT", gpt],
	["Llama", llama],
];
const endless = { eos: null, never: [] } as const;
const prompts = [[5, 9, 4], [7], [1, 1, 2, 3, 5, 8]];

function sharp(config: DecoderLMConfig): DecoderLM {
	const model = new DecoderLM(config);
	[...model.weights.values()].forEach((variable, i) => {
		tf.tidy(() => variable.assign(randomTensor(variable.shape, i + 2)));
	});
	return model;
}

/** Continues a prompt with the likeliest tokens, without a cache. */
function continued(model: DecoderLM, prompt: readonly number[], steps: number): number[] {
	const ids = [...prompt];
	for (let n = 0; n < steps; n++) {
		tf.tidy(() => {
			const logits = model.logits(tf.tensor2d([ids], undefined, "int32"));
			ids.push(Number(tf.argMax(logits, 2).dataSync()[ids.length - 1]));
		});
	}
	return ids.slice(prompt.length);
}

describeOnEveryBackend("decoding with a DecoderLM", (backend) => {
	it.each(both)(
		"goes on from each of several prompts as from it alone, and as without a cache: %s",
		async (_, config) => {
			const model = sharp(config);
			const before = tf.memory().numTensors;
			const together = await greedyDecode(model, { prompts }, { maxLength: 8, ...endless });
			const wide = await beamDecode(model, { prompts }, { maxLength: 8, beamSize: 1, ...endless });
			for (const [i, prompt] of prompts.entries()) {
				const [alone] = await greedyDecode(model, { prompts: [prompt] }, { maxLength: 8, ...endless });
				expect(together[i]?.tokens).toEqual(continued(model, prompt, 8));
				expect(together[i]?.tokens).toEqual(alone?.tokens);
				expect(Math.abs((together[i]?.logProb ?? 0) - (alone?.logProb ?? 1))).toBeLessThan(1e-4);
				expect(wide[i]?.[0]?.tokens).toEqual(alone?.tokens);
			}
			expect(tf.memory().numTensors, `tensors left on ${backend}`).toBe(before);
			model.dispose();
		},
	);

	it.each(both)("finds with a wide beam the likeliest text that there is: %s", async (_, config) => {
		const model = sharp({ ...config, vocabularySize: 3 });
		const wide = { prompts: [[2, 0], [1]] };
		const best = await beamDecode(model, wide, { maxLength: 3, beamSize: 27, nBest: 27, ...endless });
		wide.prompts.forEach((prompt, i) => {
			// Every text of three tokens, rated without a cache.
			const texts = Array.from({ length: 27 }, (_, n) => [Math.floor(n / 9), Math.floor(n / 3) % 3, n % 3]);
			const rated = texts.map((text) =>
				tf.tidy(() => {
					const ids = [...prompt, ...text];
					const logProbs = tf.logSoftmax(model.logits(tf.tensor2d([ids], undefined, "int32"))).dataSync();
					const logProb = text.reduce(
						(sum, id, n) => sum + Number(logProbs[(prompt.length - 1 + n) * 3 + id]),
						0,
					);
					return { text, logProb };
				}),
			);
			rated.sort((a, b) => b.logProb - a.logProb);
			expect(best[i]?.length).toBe(27);
			best[i]?.slice(0, 5).forEach(({ tokens, logProb }, rank) => {
				expect(tokens).toEqual(rated[rank]?.text);
				expect(Math.abs(logProb - (rated[rank]?.logProb ?? 1))).toBeLessThan(1e-4);
			});
		});
		model.dispose();
	});

	it("draws the same for the same seed, and what is likeliest at temperature 0", async () => {
		const model = sharp(llama);
		const options = { maxLength: 6, samples: 3, ...endless };
		const draw = (seed: number, temperature = 1) =>
			sampleDecode(model, { prompts }, { ...options, seed, temperature });
		const [one, again, other, cold] = [await draw(0), await draw(0), await draw(1), await draw(0, 0)];
		expect(again).toEqual(one);
		expect(other).not.toEqual(one);
		cold.forEach((samples, i) => {
			for (const { tokens } of samples) expect(tokens).toEqual(continued(model, prompts[i] ?? [], 6));
		});
		model.dispose();
	});

	it.each(both)("learns a text that repeats itself, and goes on with it: %s", async (_, config) => {
		const model = new DecoderLM({ ...config, layers: 1 });
		const pattern = [3, 7, 4, 9, 3, 2, 8];
		const text = Array.from({ length: 21 }, (_, i) => pattern[i % 7] ?? 0);
		const batch = toTensors(padBatch([text.slice(0, 16), text.slice(2, 18), text.slice(5, 20)]));
		const optimizer = tf.train.adam(0.03);
		const variables = [...model.weights.values()];
		for (let step = 0; step < 60; step++) optimizer.minimize(() => model.loss(batch), false, variables);
		const before = tf.memory().numTensors;
		const source = { prompts: [text.slice(0, 2), text.slice(2, 7), text.slice(5, 8)] };
		const hypotheses = await greedyDecode(model, source, { maxLength: 9, ...endless });
		const expected = [text.slice(2, 11), text.slice(7, 16), text.slice(8, 17)];
		expect(hypotheses.map(({ tokens }) => tokens)).toEqual(expected);
		expect(tf.memory().numTensors).toBe(before);
		tf.dispose(batch);
		optimizer.dispose();
		model.dispose();
	});
});

describeOnEveryBackend("what a DecoderLM refuses", () => {
	it.each([
		[undefined, 3, "`prompts` is undefined; expected at least one list of ids"],
		[[], 3, "`prompts` is empty"],
		[[[1], []], 3, "prompts[1] is empty; expected at least one id"],
		[[[1], 5], 3, "prompts[1] is 5; expected an array of ids. Encode a text first; put the ids of a single"],
		[["ab"], 3, 'prompts[0] is "ab"; expected an array of ids'],
		[[[1], [2, 11]], 3, "prompts[1][1] is 11; expected 0 to 10, by the vocabulary"],
		[[[1, Number.NaN]], 3, "prompts[0][1] is NaN"],
		[[[1], [2, 3, 4]], 15, "prompts[1] has 3 tokens and may get 15 more, `maxLength` is 17"],
	])("the prompts %j with %i steps, before it allocates", async (wrong, steps, message) => {
		const model = new DecoderLM(gpt);
		const source = { prompts: wrong as number[][] };
		const start = (): never => model.start(source, 1, steps) as never;
		expect(start).toThrow(message);
		expect(start).toThrow(HeedError);
		expectNoLeak(start, { throws: true });
		const before = tf.memory().numTensors;
		await expect(greedyDecode(model, source, { maxLength: steps, ...endless })).rejects.toThrow(message);
		expect(tf.memory().numTensors).toBe(before);
		model.dispose();
	});

	it("texts that are too long, too short or none, and takes what just fits", async () => {
		const model = new DecoderLM(gpt);
		const ids = (rows: number[][]): tf.Tensor2D =>
			tf.tensor2d(rows, [rows.length, rows[0]?.length ?? 0], "int32");
		const wrong: [() => unknown, string][] = [
			[
				() => model.loss({ ids: ids([[1]]) }),
				"ids [batch 1, length 1] is too small; expected at least one row and 2 tokens",
			],
			[() => model.logits(ids([[], []])), "ids [batch 2, length 0] is too small"],
			[() => model.logits(ids([])), "ids [batch 0, length 0]"],
			[
				() => model.logits(ids([new Array(18).fill(1)])),
				"ids [batch 1, length 18] is too long: `maxLength` is 17",
			],
			[() => model.logits(ids([[1, 2, 11]])), "ids[0, 2] is 11; expected 0 to 10"],
			[() => model.logits(tf.ones([2, 3])), "ids is float32; expected int32"],
			[() => model.logits(tf.ones([3], "int32") as never), "ids [3] has rank 1; expected rank 2"],
			[() => model.loss({ ids: ids([[1, 2]]), lengths: tf.tensor1d([3], "int32") }), "lengths[0] is 3"],
			[() => model.loss({ ids: ids([[1, 2]]), lengths: tf.tensor1d([2, 2], "int32") }), "lengths [batch 2]"],
			[() => model.loss({ ids: ids([[1, 2]]) }, { smoothing: 0.1 } as never), "unknown option `smoothing`"],
			[() => model.loss({ ids: ids([[1, 2]]) }, { trainingSeed: -1 }), "`trainingSeed` is -1"],
			[() => model.start({ prompts: [[1]] }, 0, 2), "`beams` is 0"],
			[
				() => model.step(tf.tensor1d([1, 2], "int32"), model.start({ prompts: [[1]] }, 1, 2)),
				"expected 1 rows",
			],
			[
				() => model.step(tf.tensor1d([11], "int32"), model.start({ prompts: [[1]] }, 1, 2)),
				"tokens[0] is 11",
			],
		];
		for (const [call, message] of wrong) expect(() => tf.tidy(() => void call()), message).toThrow(message);
		const full = { maxLength: 14, ...endless };
		expect((await greedyDecode(model, { prompts: [[1, 2, 3]] }, full))[0]?.tokens.length).toBe(14);
		tf.tidy(() => {
			const nothing = model.loss({ ids: ids([[1, 2]]), lengths: tf.tensor1d([0], "int32") });
			expect(nothing.dataSync()[0]).toBe(0);
		});
		model.dispose();
	});

	it.each([
		[{ modelDim: 7, numHeads: 2 }, "`modelDim` 7 is not divisible by `numHeads` 2"],
		[{ numKeyValueHeads: 3 }, "`numHeads` 2 is not a multiple of `numKeyValueHeads` 3"],
		[{ vocabularySize: 0 }, "`vocabularySize` is 0"],
		[{ layers: 1.5 }, "`layers` is 1.5"],
		[{ positions: "rotary" }, "`positions` is rotary; expected an object"],
		[{ positions: { kind: "sinus" } }, '`positions.kind` is "sinus"'],
		[{ positions: { kind: "learned", base: 3 } }, "unknown option `base`"],
		[{ positions: { kind: "rotary", layout: "halves" } }, '`positions.layout` is "halves"'],
		[{ norm: "batch" }, '`norm` is "batch"'],
		[{ activation: "swish" }, '`activation` is "swish"'],
		[{ window: -1 }, "`window` is -1"],
		[{ softcap: 0 }, "`softcap` is 0"],
		[{ tieOutput: 1 }, "`tieOutput` is 1"],
		[{ dropout: 1 }, "`dropout` is 1"],
		[{ heads: 2 }, "unknown option `heads`"],
	])("the config %j, before it makes a weight", (wrong, message) => {
		const make = (): DecoderLM => new DecoderLM({ ...gpt, ...wrong } as never);
		expect(make).toThrow(message);
		expect(make).toThrow(/^DecoderLM/);
		expectNoLeak(() => [...make().weights.values()], { throws: true });
	});
});
