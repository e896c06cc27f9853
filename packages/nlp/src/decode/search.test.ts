import { HeedError } from "@heed/core";
import { describeOnEveryBackend, randomSource } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type BeamDecodeOptions, beamDecode } from "./beam-decode.ts";
import { greedyDecode } from "./greedy-decode.ts";
import { type LengthPenalty, penaltyFor } from "./length-penalty.ts";
import type { StepDecoder } from "./step-decoder.ts";
import { topCandidates } from "./top-candidates.ts";

const [pad, bos, eos] = [0, 1, 2];

/** Log-probabilities of the next token after a prefix: random, but a function of source and prefix alone. */
function logProbsAfter(source: number, prefix: readonly number[], classes: number): number[] {
	const random = randomSource(prefix.reduce((hash, token) => hash * 31 + token + 1, source + 7));
	const logits = Array.from({ length: classes }, () => 2 * random.normal());
	const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
	return logits.map((logit) => Math.fround(logit - total));
}

type History = { tokens: tf.Tensor2D; sources: tf.Tensor1D };

/** A model whose state is its whole history, so that a search which reorders wrongly gives wrong numbers. */
function historyDecoder(classes: number, aligned = false): StepDecoder<number[], History> {
	return {
		batchSize: (sources) => sources.length,
		start: (sources, beams) => ({
			tokens: tf.zeros([sources.length * beams, 0], "int32"),
			sources: tf.tensor1d(
				sources.flatMap((source) => new Array<number>(beams).fill(source)),
				"int32",
			),
		}),
		step: (tokens, state) => {
			const history = tf.tidy(() => tf.concat([state.tokens, tf.expandDims(tokens, 1)], 1)) as tf.Tensor2D;
			const [rows, sources] = [history.arraySync(), state.sources.dataSync()];
			const logProbs = tf.tensor2d(rows.map((row, i) => logProbsAfter(Number(sources[i]), row, classes)));
			const looked = rows.map((row, i) => [row.length, row.at(-1) ?? 0, Number(sources[i])]);
			const alignment = aligned ? { alignment: tf.tensor2d(looked) } : {};
			return { logProbs, ...alignment, state: { tokens: history, sources: state.sources } };
		},
		reorder: (state, indices) => ({ ...state, tokens: tf.gather(state.tokens, indices) }),
	};
}

/** Every hypothesis of at most `maxLength` tokens before its EOS, best first. */
function bruteForce(
	source: number,
	classes: number,
	maxLength: number,
	penalty: LengthPenalty,
): { tokens: number[]; score: number }[] {
	const found: { tokens: number[]; score: number }[] = [];
	const walk = (tokens: number[], logProb: number): void => {
		const next = logProbsAfter(source, [bos, ...tokens], classes);
		const length = tokens.length + 1;
		found.push({
			tokens: [...tokens, eos],
			score: (logProb + Number(next[eos])) / penaltyFor(penalty, length),
		});
		if (tokens.length === maxLength) return;
		for (let token = eos + 1; token < classes; token++)
			walk([...tokens, token], logProb + Number(next[token]));
	};
	walk([], 0);
	return found.sort((a, b) => b.score - a.score);
}

describeOnEveryBackend("greedy and beam search", () => {
	const classes = 6; // pad, bos, eos and three words
	const penalties: LengthPenalty[] = [
		{ type: "none" },
		{ type: "gnmt", alpha: 0.6 },
		{ type: "power", alpha: 1 },
		{ type: "power", alpha: -0.5 },
	];

	it.each(penalties)("finds what trying everything finds: %o", async (lengthPenalty) => {
		const maxLength = 3;
		const options = { maxLength, beamSize: 3 ** maxLength, nBest: 5, lengthPenalty };
		const results = await beamDecode(historyDecoder(classes), [3, 4, 5], options);
		results.forEach((hypotheses, i) => {
			const expected = bruteForce(3 + i, classes, maxLength, lengthPenalty).slice(0, 5);
			expect(hypotheses.map(({ tokens }) => tokens)).toEqual(expected.map(({ tokens }) => tokens));
			hypotheses.forEach(({ score }, rank) => {
				expect(score).toBeCloseTo(Number(expected[rank]?.score), 5);
			});
		});
	});

	it("is greedy with a beam of 1", async () => {
		const sources = Array.from({ length: 12 }, (_, i) => i);
		const greedy = await greedyDecode(historyDecoder(classes, true), sources, { maxLength: 7, minLength: 2 });
		const options = { maxLength: 7, minLength: 2, beamSize: 1, lengthPenalty: { type: "none" } } as const;
		const beam = await beamDecode(historyDecoder(classes, true), sources, options);
		expect(beam.map(([first]) => first)).toEqual(greedy);
	});

	it("ranks with alpha 0 as without a penalty", async () => {
		const run = (lengthPenalty: LengthPenalty): Promise<unknown> =>
			beamDecode(historyDecoder(classes), [1, 2, 3], { maxLength: 6, beamSize: 3, nBest: 3, lengthPenalty });
		const plain = await run({ type: "none" });
		expect(await run({ type: "gnmt", alpha: 0 })).toEqual(plain);
		expect(await run({ type: "power", alpha: 0 })).toEqual(plain);
	});

	it("gives a source the same result alone, in a batch and in another order", async () => {
		const options: BeamDecodeOptions = { maxLength: 5, beamSize: 3, nBest: 3 };
		const decode = (sources: number[]): Promise<unknown[]> =>
			beamDecode(historyDecoder(classes, true), sources, options);
		const alone = new Map<number, unknown>();
		for (let source = 0; source < 7; source++) alone.set(source, (await decode([source]))[0]);
		const permutations = fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6], { minLength: 2 });
		const property = fc.asyncProperty(permutations, async (sources) => {
			expect(await decode(sources)).toEqual(sources.map((source) => alone.get(source)));
		});
		await fc.assert(property, { seed: 1, numRuns: 20 });
	});

	it("keeps the rules: lengths, tokens that never come, no repeated n-gram", async () => {
		const sources = Array.from({ length: 9 }, (_, i) => i);
		const options = { maxLength: 6, minLength: 3, noRepeatNgram: 1, beamSize: 2, nBest: 2 };
		const results = (await beamDecode(historyDecoder(8), sources, options)).flat();
		expect(results.length).toBeGreaterThan(9);
		for (const { tokens } of results) {
			expect(tokens.length).toBeGreaterThanOrEqual(4); // the EOS counted
			expect(tokens.length).toBeLessThanOrEqual(7);
			expect(tokens.at(-1)).toBe(eos);
			expect(new Set(tokens).size).toBe(tokens.length);
			expect(tokens).not.toContain(pad);
			expect(tokens).not.toContain(bos);
		}
		const bigrams = await greedyDecode(historyDecoder(4), sources, {
			maxLength: 6,
			minLength: 6,
			noRepeatNgram: 2,
		});
		// With one word only, its second pair is forbidden, and the EOS is all that is left.
		for (const { tokens } of bigrams) expect(tokens).toEqual([3, 3, eos]);
	});

	it("returns the attention of the hypothesis itself, through every reordering", async () => {
		const results = await beamDecode(historyDecoder(classes, true), [3, 8], {
			maxLength: 5,
			beamSize: 3,
			nBest: 3,
		});
		results.forEach((hypotheses, i) => {
			for (const { tokens, alignment = [] } of hypotheses) {
				const expected = tokens.flatMap((_, t) => [
					t + 1,
					t === 0 ? bos : Number(tokens[t - 1]),
					[3, 8][i] as number,
				]);
				expect([...alignment]).toEqual(expected);
			}
		});
	});

	it("takes NaN for impossible, and the lower id of equals", async () => {
		const broken: StepDecoder<null, Record<string, never>> = {
			batchSize: () => 1,
			start: () => ({}),
			step: (tokens) => ({
				logProbs: tf.tensor2d(Array.from({ length: tokens.size }, () => [0, 0, -3, Number.NaN, -1, -1])),
				state: {},
			}),
			reorder: (state) => state,
		};
		const [first] = await beamDecode(broken, null, {
			maxLength: 2,
			beamSize: 2,
			lengthPenalty: { type: "none" },
		});
		expect(first?.[0]?.tokens).toEqual([4, 4, eos]);
		expect((await greedyDecode(broken, null, { maxLength: 2 }))[0]?.tokens).toEqual([4, 4, eos]);
		expect(topCandidates(Float64Array.of(1, 3, 3, Number.NEGATIVE_INFINITY, 2, 3), 4)).toEqual([1, 2, 5, 4]);
	});

	it("returns fewer than asked for rather than fillers", async () => {
		const options = { maxLength: 1, beamSize: 6, nBest: 6 };
		const [hypotheses] = await beamDecode(historyDecoder(4), [1], options);
		expect(hypotheses?.map(({ tokens }) => tokens).sort()).toEqual([[eos], [3, eos]]);
	});

	it("leaves no tensor behind, also when the model throws", async () => {
		const before = tf.memory().numTensors;
		await greedyDecode(historyDecoder(classes, true), [1, 2], { maxLength: 4 });
		await beamDecode(historyDecoder(classes, true), [1, 2], { maxLength: 4, beamSize: 3 });
		let steps = 0;
		const model = historyDecoder(classes);
		const failing: typeof model = {
			...model,
			step: (...args) => {
				if (steps++ === 2) throw new Error("no more");
				return model.step(...args);
			},
		};
		await expect(beamDecode(failing, [1, 2], { maxLength: 4, beamSize: 3 })).rejects.toThrow("no more");
		expect(tf.memory().numTensors).toBe(before);
	});

	it("says what is wrong", async () => {
		const model = historyDecoder(classes);
		const beam = (options: object): Promise<unknown> =>
			beamDecode(model, [1], { maxLength: 3, beamSize: 2, ...options });
		await expect(beam({ beamSize: 0 })).rejects.toThrow(
			"`beamSize` is 0; expected a whole number at least 1",
		);
		await expect(beam({ nBest: 3 })).rejects.toThrow("`nBest` is 3");
		await expect(beam({ minLength: 4 })).rejects.toThrow("`minLength` is 4");
		await expect(beam({ lengthPenalty: { type: "avg", alpha: 1 } })).rejects.toThrow(
			"'gnmt', 'power', 'none'",
		);
		await expect(beam({ beams: 3 })).rejects.toThrow("unknown option `beams`");
		await expect(greedyDecode(model, [1], { maxLength: 0 })).rejects.toThrow(HeedError);
	});
});
