import { HeedError } from "@heed/core";
import { describeOnEveryBackend, randomSource } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { type BeamDecodeOptions, beamDecode } from "./beam-decode.ts";
import type { Hypothesis } from "./hypothesis.ts";
import { penaltyFor } from "./length-penalty.ts";
import type { StepDecoder } from "./step-decoder.ts";

const [bos, eos, a, b, classes] = [1, 2, 3, 4, 6];

/** What a model says after the tokens so far, the BOS first. */
type Predict = (prefix: readonly number[]) => {
	readonly probabilities: readonly number[];
	readonly alignment?: readonly number[];
};
type History = { readonly tokens: tf.Tensor2D; readonly predict: readonly Predict[] };

/** A model whose sources are functions, and whose state is all that it has said. */
const oracle: StepDecoder<readonly Predict[], History> = {
	batchSize: (sources) => sources.length,
	start: (sources, beams) => ({
		tokens: tf.zeros([sources.length * beams, 0], "int32"),
		predict: sources.flatMap((source) => new Array<Predict>(beams).fill(source)),
	}),
	step: (last, { tokens, predict }) => {
		const next = tf.tidy(() => tf.concat([tokens, tf.expandDims(last, 1)], 1)) as tf.Tensor2D;
		const said = next.arraySync().map((prefix, row) => (predict[row] as Predict)(prefix));
		const looked = said.flatMap(({ alignment }) => (alignment ? [[...alignment]] : []));
		return {
			logProbs: tf.tensor2d(said.map(({ probabilities }) => probabilities.map(Math.log))),
			...(looked.length > 0 && { alignment: tf.tensor2d(looked) }),
			state: { tokens: next, predict },
		};
	},
	reorder: (state, indices) => ({ ...state, tokens: tf.gather(state.tokens, indices) }),
};

const decode = (sources: readonly Predict[], options: BeamDecodeOptions): Promise<Hypothesis[][]> =>
	beamDecode(oracle, sources, options);

const softmax = (values: readonly number[]): number[] => {
	const total = values.reduce((sum, value) => sum + Math.exp(value), 0);
	return values.map((value) => Math.exp(value) / total);
};

/** Random, but a function of seed and prefix alone; looks at `length` of `width` source positions. */
const random =
	(seed: number, length: number, width: number): Predict =>
	(prefix) => {
		const source = randomSource(prefix.reduce((hash, token) => hash * 31 + token + 1, seed));
		const draw = (count: number): number[] => Array.from({ length: count }, () => 2 * source.normal());
		const probabilities = softmax(draw(classes));
		const weights = softmax(draw(length));
		return { probabilities, alignment: Array.from({ length: width }, (_, i) => weights[i] ?? 0) };
	};

const at = (probabilities: Readonly<Record<number, number>>): number[] =>
	Array.from({ length: classes }, (_, id) => probabilities[id] ?? 0);

const coverage = (rows: readonly (readonly number[])[], length: number): number =>
	Array.from({ length }, (_, i) =>
		Math.log(
			Math.min(
				rows.reduce((sum, row) => sum + Number(row[i]), 0),
				1,
			),
		),
	).reduce((sum, log) => sum + log, 0);

/** Every hypothesis of at most `maxLength` tokens before its EOS, best first. */
function bruteForce(predict: Predict, length: number, maxLength: number, beta: number): [string, number][] {
	const found: [string, number][] = [];
	const walk = (tokens: number[], logProb: number, rows: (readonly number[])[]): void => {
		const { probabilities, alignment = [] } = predict([bos, ...tokens]);
		const looked = [...rows, alignment];
		const total = logProb + Math.log(Number(probabilities[eos]));
		const score = total / penaltyFor({ type: "gnmt", alpha: 0.6 }, looked.length);
		found.push([[...tokens, eos].join(" "), score + beta * coverage(looked, length)]);
		if (tokens.length === maxLength) return;
		for (let token = eos + 1; token < classes; token++) {
			walk([...tokens, token], logProb + Math.log(Number(probabilities[token])), looked);
		}
	};
	walk([], 0, []);
	return found.sort(([, m], [, n]) => n - m);
}

describeOnEveryBackend("coverage penalty", () => {
	it.each([0.2, 2])("ranks as trying everything does: beta %f", async (beta) => {
		const lengths = [3, 5];
		const sources = lengths.map((length, i) => random(i + 3, length, 5));
		const options = { maxLength: 3, beamSize: 27, nBest: 6, coveragePenalty: { beta } };
		const results = await decode(sources, options);
		results.forEach((hypotheses, i) => {
			const all = bruteForce(sources[i] as Predict, Number(lengths[i]), 3, beta).slice(0, 6);
			expect(hypotheses.map(({ tokens }) => tokens.join(" "))).toEqual(all.map(([tokens]) => tokens));
			hypotheses.forEach(({ score }, rank) => {
				expect(score).toBeCloseTo(Number(all[rank]?.[1]), 4);
			});
		});
	});

	it("does not count padding", async () => {
		const options = { maxLength: 5, beamSize: 3, nBest: 3, coveragePenalty: { beta: 1 } };
		const scores = async (width: number): Promise<number[][]> =>
			(await decode([random(8, 4, width)], options)).map((found) => found.map(({ score }) => score));
		expect(await scores(7)).toEqual(await scores(4));
	});

	// "a" is likelier, and "b b" looks at the second word too.
	const skipping: Predict = ([, first, second]) => {
		if (first === undefined) return { probabilities: at({ [a]: 0.6, [b]: 0.4 }), alignment: [0.9, 0.1] };
		const next = first === a || second === b ? eos : b;
		return { probabilities: at({ [next]: 1 }), alignment: first === a ? [0.9, 0.1] : [0.2, 0.8] };
	};

	it("prefers what leaves nothing out", async () => {
		const options = { maxLength: 4, beamSize: 2, nBest: 2, lengthPenalty: { type: "none" } } as const;
		const [plain] = await decode([skipping], options);
		expect(plain?.map(({ tokens }) => tokens)).toEqual([
			[a, eos],
			[b, b, eos],
		]);
		const [covered] = await decode([skipping], { ...options, coveragePenalty: { beta: 1 } });
		// "a" has coverage (1.8, 0.2): ln 0.6 + ln 1 + ln 0.2; "b b" has (1.3, 1.7): ln 0.4.
		expect(covered?.map(({ tokens }) => tokens)).toEqual([
			[b, b, eos],
			[a, eos],
		]);
		expect(covered?.[0]?.score).toBeCloseTo(Math.log(0.4), 5);
		expect(covered?.[1]?.score).toBeCloseTo(Math.log(0.6 * 0.2), 5);
		expect(covered?.[1]?.logProb).toBeCloseTo(Math.log(0.6), 5);
	});

	it("waits for what may still cover everything", async () => {
		const options = { maxLength: 4, beamSize: 1, lengthPenalty: { type: "none" } } as const;
		// The EOS at once is likeliest, and covers a tenth of the second word; what goes on covers it.
		const late: Predict = ([, first]) => ({
			probabilities: first === undefined ? at({ [eos]: 0.6, [b]: 0.4 }) : at({ [eos]: 1 }),
			alignment: first === undefined ? [0.9, 0.1] : [0.1, 0.9],
		});
		expect((await decode([late], options))[0]?.[0]?.tokens).toEqual([eos]);
		const coveragePenalty = { beta: 1 };
		expect((await decode([late], { ...options, coveragePenalty }))[0]?.[0]?.tokens).toEqual([b, eos]);
		const early = { ...options, coveragePenalty, earlyStopping: true };
		expect((await decode([late], early))[0]?.[0]?.tokens).toEqual([eos]);
	});

	it("counts a position from when any hypothesis looks there, exact zeros of others as 2⁻¹²⁶", async () => {
		// Nobody looks at the third word. "b" finds the second after "a" has ended.
		const sparse: Predict = ([, first]) => ({
			probabilities:
				first === undefined
					? at({ [a]: 0.6, [b]: 0.4 })
					: at(first === a ? { [eos]: 1 } : { [b]: 0.5, [eos]: 0.5 }),
			alignment: first === b ? [Number.NaN, 1, 0] : [first === a ? 0.25 : 0.5, 0, 0],
		});
		const options = { maxLength: 1, beamSize: 2, nBest: 2, lengthPenalty: { type: "none" } } as const;
		const [found] = await decode([sparse], { ...options, coveragePenalty: { beta: 0.1 } });
		expect(found?.map(({ tokens }) => tokens)).toEqual([
			[b, eos],
			[a, eos],
		]);
		expect(found?.[0]?.score).toBeCloseTo(Math.log(0.2) + 0.1 * Math.log(0.5), 5); // NaN counts as 0
		expect(found?.[1]?.score).toBeCloseTo(Math.log(0.6) + 0.1 * (Math.log(0.75) - 126 * Math.log(2)), 5);
	});

	it("scores what has ended anew when a later one looks further", async () => {
		const sparse: Predict = (prefix) => {
			const [, first, second] = prefix;
			if (first === undefined)
				return { probabilities: at({ [eos]: 0.5, [b]: 0.3, [a]: 0.2 }), alignment: [1, 0] };
			return {
				probabilities: second === undefined && first === b ? at({ [b]: 1 }) : at({ [eos]: 1 }),
				alignment: [0, Number(second === b)],
			};
		};
		const options = { maxLength: 2, beamSize: 3, nBest: 3, lengthPenalty: { type: "none" } } as const;
		const [found] = await decode([sparse], { ...options, coveragePenalty: { beta: 0.1 } });
		expect(found?.map(({ tokens }) => tokens)).toEqual([[b, b, eos], [eos], [a, eos]]);
	});

	it("is off at beta 0, also for a model that does not say where it looks", async () => {
		const silent: Predict = (prefix) => ({ probabilities: random(4, 2, 2)(prefix).probabilities });
		const options = { maxLength: 4, beamSize: 3, nBest: 3 };
		const plain = await decode([silent], options);
		expect(await decode([silent], { ...options, coveragePenalty: { beta: 0 } })).toEqual(plain);
		const before = tf.memory().numTensors;
		const refused = decode([silent], { ...options, coveragePenalty: { beta: 0.2 } });
		await expect(refused).rejects.toThrow("beamDecode: `coveragePenalty` needs `alignment`");
		expect(tf.memory().numTensors).toBe(before);
	});

	it("says what is wrong", async () => {
		const run = (coveragePenalty: object): Promise<unknown> =>
			decode([skipping], { maxLength: 3, beamSize: 2, coveragePenalty: coveragePenalty as { beta: number } });
		await expect(run({ beta: -1 })).rejects.toThrow("`coveragePenalty.beta` is -1");
		await expect(run({})).rejects.toThrow("`coveragePenalty.beta` is undefined");
		await expect(run({ beta: 1, type: "gnmt" })).rejects.toThrow(HeedError);
	});
});
