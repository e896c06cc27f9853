import { HeedError } from "@heed/core";
import { describeOnEveryBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { greedyDecode } from "./greedy-decode.ts";
import type { Hypothesis } from "./hypothesis.ts";
import { type SampleDecodeOptions, sampleDecode } from "./sample-decode.ts";
import type { StepDecoder } from "./step-decoder.ts";

const [eos, classes] = [2, 7];
type State = { sources: tf.Tensor1D };

/** The probabilities after a token: of a source with few preferences, by the token before. */
function probabilitiesAfter(source: number, token: number): number[] {
	const weights = Array.from({ length: classes }, (_, id) => 1 + ((source * 5 + token * 3 + id * id) % 11));
	const total = weights.reduce((sum, weight) => sum + weight, 0);
	return weights.map((weight) => weight / total);
}

/** A model whose sources are numbers, and which forgets all but the last token. */
const chain: StepDecoder<readonly number[], State> = {
	classes,
	batchSize: (sources) => sources.length,
	start: (sources, beams) => ({
		sources: tf.tensor1d(
			sources.flatMap((source) => new Array<number>(beams).fill(source)),
			"int32",
		),
	}),
	step: (tokens, state) => {
		const sources = state.sources.dataSync();
		const rows = [...tokens.dataSync()].map((token, i) =>
			probabilitiesAfter(Number(sources[i]), token).map(Math.log),
		);
		return { logProbs: tf.tensor2d(rows), alignment: tf.tensor2d(rows), state };
	},
	reorder: (state) => state,
};

const free = { never: [], eos: null, seed: 1 } as const;
const first = (samples: readonly Hypothesis[]): number[] => samples.map(({ tokens }) => Number(tokens[0]));

/** Pearson's statistic: with n outcomes it exceeds n − 1 + 4 · √(2(n − 1)) about once in 10 000 times. */
function expectDrawn(drawn: readonly number[], probabilities: readonly number[]): void {
	let statistic = 0;
	probabilities.forEach((probability, id) => {
		const count = drawn.filter((token) => token === id).length;
		const expected = probability * drawn.length;
		if (expected === 0) expect(count, `token ${id}`).toBe(0);
		else statistic += (count - expected) ** 2 / expected;
	});
	const freedom = probabilities.filter((probability) => probability > 0).length - 1;
	expect(statistic).toBeLessThan(freedom + 4 * Math.sqrt(2 * freedom) + 1);
}

const normalised = (weights: readonly number[]): number[] => {
	const total = weights.reduce((sum, weight) => sum + weight, 0);
	return weights.map((weight) => weight / total);
};

describeOnEveryBackend("sampleDecode", () => {
	it("draws with the probabilities of the model, at any temperature and through the filters", async () => {
		const draw = async (options: Partial<SampleDecodeOptions>): Promise<number[]> => {
			const [samples = []] = await sampleDecode(chain, [3], {
				...free,
				maxLength: 1,
				samples: 2000,
				...options,
			});
			expect(samples).toHaveLength(2000);
			return first(samples);
		};
		const plain = probabilitiesAfter(3, 1);
		for (const seed of [0, 1, 2 ** 40]) expectDrawn(await draw({ seed }), plain);
		expectDrawn(await draw({ temperature: 0.5 }), normalised(plain.map((p) => p ** 2)));
		expectDrawn(await draw({ temperature: 2 }), normalised(plain.map(Math.sqrt)));
		const third = [...plain].sort((a, b) => b - a)[2] as number; // no other is as likely
		expectDrawn(await draw({ topK: 3 }), normalised(plain.map((p) => (p >= third ? p : 0))));
		const least = 0.5 * Math.max(...plain);
		expectDrawn(await draw({ minP: 0.5 }), normalised(plain.map((p) => (p >= least ? p : 0))));
		expectDrawn(await draw({ never: [0, 4] }), normalised(plain.map((p, id) => (id % 4 === 0 ? 0 : p))));
	});

	it("draws later tokens anew, by the token before", async () => {
		const [samples = []] = await sampleDecode(chain, [4], { ...free, maxLength: 1000, samples: 2 });
		for (const { tokens } of samples) {
			expect(tokens).toHaveLength(1000);
			const after = tokens.slice(1).filter((_, i) => tokens[i] === 5);
			expectDrawn(after, probabilitiesAfter(4, 5));
		}
		expect(samples[0]?.tokens).not.toEqual(samples[1]?.tokens);
	});

	it("gives the same seed the same text, and each source and sample its own, whoever else is there", async () => {
		const run = (sources: number[], options: Partial<SampleDecodeOptions> = {}): Promise<Hypothesis[][]> =>
			sampleDecode(chain, sources, { ...free, maxLength: 20, samples: 3, ...options });
		const both = await run([3, 5]);
		expect(await run([3, 5])).toEqual(both);
		expect(await run([3])).toEqual([both[0]]);
		expect((await run([6, 5]))[1]).toEqual(both[1]);
		expect((await run([3, 5], { samples: 2 })).flat()).toEqual(
			both.flatMap((samples) => samples.slice(0, 2)),
		);
		const texts = [...both, ...(await run([3, 3], { seed: 0 })), ...(await run([3, 3], { seed: 2 }))];
		expect(new Set(texts.flat().map(({ tokens }) => tokens.join(" "))).size).toBe(18);
	});

	it("is greedy at temperature 0, with one candidate, and nearly so in the cold", async () => {
		const rules = { maxLength: 12, seed: 4, never: [0, 1], minLength: 4, noRepeatNgram: 2 };
		const { seed, ...others } = rules;
		const greedy = await greedyDecode(chain, [1, 2, 8], others);
		const twice = greedy.map((hypothesis) => [hypothesis, hypothesis]);
		for (const options of [{ temperature: 0 }, { topK: 1 }, { topP: 1e-9 }, { minP: 1, topK: 1 }]) {
			expect(await sampleDecode(chain, [1, 2, 8], { ...rules, ...options, samples: 2 })).toEqual(twice);
		}
		expect(await sampleDecode(chain, [1, 2, 8], { ...rules, temperature: 1e-6, topK: 1 })).toEqual(
			greedy.map((hypothesis) => [hypothesis]),
		);
	});

	it("tells the log-probability that the model gives, whatever it drew from, and where it looked", async () => {
		const options = { maxLength: 6, seed: 2, samples: 4, temperature: 3, topK: 4, never: [0] };
		const results = await sampleDecode(chain, [3, 7], options);
		results.forEach((samples, i) => {
			for (const { tokens, logProb, score, alignment } of samples) {
				const rows = tokens.map((_, t) =>
					probabilitiesAfter([3, 7][i] as number, tokens[t - 1] ?? 1).map(Math.log),
				);
				const expected = tokens.reduce((sum, token, t) => sum + Number(rows[t]?.[token]), 0);
				expect(logProb).toBeCloseTo(expected, 5);
				expect(score).toBe(logProb);
				expect(alignment).toEqual(Float32Array.from(rows.flat()));
			}
		});
	});

	it("keeps the rules", async () => {
		const rules = { maxLength: 6, minLength: 3, noRepeatNgram: 1, seed: 3, samples: 40 };
		const samples = (await sampleDecode(chain, [1, 6], rules)).flat();
		expect(samples).toHaveLength(80);
		for (const { tokens } of samples) {
			expect(tokens.at(-1)).toBe(eos);
			expect(tokens.length).toBeGreaterThanOrEqual(4);
			expect(tokens.length).toBeLessThanOrEqual(5); // of seven ids, four are words
			expect(new Set(tokens).size).toBe(tokens.length);
			for (const id of [0, 1]) expect(tokens).not.toContain(id);
		}
	});

	it("leaves nothing behind, also when the model or the listener throws", async () => {
		const before = tf.memory().numTensors;
		const options = { maxLength: 4, seed: 1, samples: 3 };
		await sampleDecode(chain, [1, 2], options);
		let steps = 0;
		const failing: typeof chain = {
			...chain,
			step: (...args) => {
				if (steps++ === 2) throw new Error("no more");
				return chain.step(...args);
			},
		};
		await expect(sampleDecode(failing, [1, 2], { ...options, eos: null })).rejects.toThrow("no more");
		const onToken = (): never => {
			throw new Error("enough");
		};
		await expect(sampleDecode(chain, [1, 2], { ...options, onToken })).rejects.toThrow("enough");
		expect(tf.memory().numTensors).toBe(before);
	});

	it("says what is wrong", async () => {
		const run = (options: object): Promise<unknown> =>
			sampleDecode(chain, [1], { maxLength: 3, seed: 1, ...options });
		await expect(run({ seed: undefined })).rejects.toThrow("sampleDecode: `seed` is undefined");
		await expect(run({ seed: -1 })).rejects.toThrow("`seed` is -1");
		await expect(run({ samples: 0 })).rejects.toThrow("`samples` is 0");
		await expect(run({ temperature: -0.1 })).rejects.toThrow("`temperature` is -0.1");
		await expect(run({ temperature: Number.NaN })).rejects.toThrow("`temperature` is NaN");
		await expect(run({ topK: 0 })).rejects.toThrow("`topK` is 0; expected a whole number at least 1");
		await expect(run({ topP: 0 })).rejects.toThrow("`topP` is 0");
		await expect(run({ topP: 1.1 })).rejects.toThrow("`topP` is 1.1");
		await expect(run({ minP: 2 })).rejects.toThrow("`minP` is 2");
		await expect(run({ onToken: 3 })).rejects.toThrow("`onToken` is 3; expected a function");
		await expect(run({ top_k: 3 })).rejects.toThrow("unknown option `top_k`");
		await expect(run({ eos: 7 })).rejects.toThrow(HeedError);
		const nan: typeof chain = {
			...chain,
			step: (tokens, state) => ({ logProbs: tf.fill([tokens.size, classes], Number.NaN), state }),
		};
		await expect(sampleDecode(nan, [1], { maxLength: 3, seed: 1 })).rejects.toMatchObject({ code: "VALUE" });
	});
});
