import { describeOnEveryBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type BeamDecodeOptions, beamDecode } from "./beam-decode.ts";
import { greedyDecode } from "./greedy-decode.ts";
import type { StepDecoder } from "./step-decoder.ts";

const [bos, eos, a, b, c] = [1, 2, 3, 4, 5];
const { NaN: nan, NEGATIVE_INFINITY: never } = Number;

/** Log-probabilities after a token: `table[step][token]`, of the last step if there are fewer; float32. */
type Table = readonly (readonly (readonly number[])[])[];

/** Plays a table per source back. */
function tableDecoder(tables: readonly Table[], classes: number): StepDecoder<null, { step: number }> {
	return {
		batchSize: () => tables.length,
		start: () => ({ step: 0 }),
		step: (tokens, { step }) => {
			const ids = [...tokens.dataSync()];
			const beams = ids.length / tables.length;
			const rows = ids.map((id, row): number[] => {
				const table = tables[Math.floor(row / beams)] ?? [];
				return [...((table[step] ?? table[table.length - 1])?.[id] ?? new Array<number>(classes).fill(0))];
			});
			return { logProbs: tf.tensor2d(rows, [ids.length, classes]), state: { step: step + 1 } };
		},
		reorder: (state) => state,
	};
}

/** A row of a table from the probabilities of some tokens; the others are impossible. */
const row = (probabilities: Readonly<Record<number, number>>): number[] =>
	Array.from({ length: 6 }, (_, id) => Math.log(probabilities[id] ?? 0));

/** A table from the probabilities after each token, per step. */
const tableOf = (...steps: Readonly<Record<number, Readonly<Record<number, number>>>>[]): Table =>
	steps.map((after) => Array.from({ length: 6 }, (_, token) => row(after[token] ?? {})));

const none = { lengthPenalty: { type: "none" } } as const;

describeOnEveryBackend("dead ends of a search", () => {
	it("ends with the log-probability of the EOS where the rules leave nothing else", async () => {
		const table = tableOf({ [bos]: { [a]: 0.75, [eos]: 0.25 } }, { [a]: { [a]: 0.5, [eos]: 0.5 } });
		const options = { maxLength: 6, minLength: 4, noRepeatNgram: 1 };
		const [greedy] = await greedyDecode(tableDecoder([table], 6), null, options);
		expect(greedy?.tokens).toEqual([a, eos]);
		expect(greedy?.logProb).toBeCloseTo(Math.log(0.75 * 0.5));
		const [beam] = await beamDecode(tableDecoder([table], 6), null, { ...options, ...none, beamSize: 1 });
		expect(beam).toEqual([greedy]);
	});

	it("ends with -Infinity where not even the EOS is possible, and gives every source a hypothesis", async () => {
		const dead = tableOf({ [bos]: { [a]: 1 } }, { [a]: {} });
		const live = tableOf({ [bos]: { [b]: 1 } }, { [b]: { [eos]: 1 } });
		const [first, second] = await greedyDecode(tableDecoder([dead, live], 6), null, { maxLength: 3 });
		expect(first).toEqual({ tokens: [a, eos], logProb: never, score: never });
		expect(second?.tokens).toEqual([b, eos]);
		const beam = await beamDecode(tableDecoder([dead, live], 6), null, {
			maxLength: 3,
			beamSize: 3,
			...none,
		});
		expect(beam).toEqual([[first], [second]]);
	});

	it("prefers what can end to what cannot", async () => {
		const table = tableOf({ [bos]: { [a]: 0.9, [b]: 0.1 } }, { [a]: {}, [b]: { [eos]: 1 } });
		const [beam] = await beamDecode(tableDecoder([table], 6), null, { maxLength: 3, beamSize: 2, nBest: 2 });
		expect(beam?.map(({ tokens }) => tokens)).toEqual([[b, eos]]);
	});

	it("refuses a model that gives nothing but NaN", async () => {
		const table = [Array.from({ length: 6 }, () => new Array<number>(6).fill(nan))];
		const message = "every log-probability of step 0 is NaN";
		const model = tableDecoder([table], 6);
		await expect(greedyDecode(model, null, { maxLength: 3 })).rejects.toThrow(`greedyDecode: ${message}`);
		await expect(beamDecode(model, null, { maxLength: 3, beamSize: 2 })).rejects.toMatchObject({
			code: "VALUE",
		});
	});

	it("refuses ids that the model does not have, at the latest at the first step", async () => {
		const table = tableOf({ [bos]: { [eos]: 1 } });
		const before = tf.memory().numTensors;
		const search = (options: object, classes?: number): Promise<unknown> => {
			const model = tableDecoder([table], 6);
			const informed = classes === undefined ? model : { ...model, classes };
			return greedyDecode(informed, null, { maxLength: 3, ...options });
		};
		await expect(search({ eos: 99 })).rejects.toThrow(
			"`eos` is 99; expected a whole number at least 0 and at most 5",
		);
		await expect(search({ bos: 6 })).rejects.toThrow("`bos` is 6");
		await expect(search({ never: [0, 7] })).rejects.toThrow("`never[1]` is 7");
		await expect(search({ never: [0.5] })).rejects.toThrow("`never[0]` is 0.5");
		await expect(search({ never: 3 })).rejects.toThrow("`never` is 3; expected an array");
		await expect(search({ eos: 5 }, 5)).rejects.toThrow("`eos` is 5");
		expect(tf.memory().numTensors).toBe(before);
	});

	it("is greedy with a beam of 1, whatever is impossible", async () => {
		const value = fc.oneof(
			{ weight: 4, arbitrary: fc.integer({ min: -9, max: -1 }) },
			{ weight: 1, arbitrary: fc.constantFrom(nan, never) },
		);
		const logProbs = fc.array(value, { minLength: 5, maxLength: 5 }).map((values) => [-8, ...values]);
		const step = fc.array(logProbs, { minLength: 6, maxLength: 6 });
		const tables = fc.array(fc.array(step, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 3 });
		const rules = fc.record({
			maxLength: fc.integer({ min: 3, max: 5 }),
			minLength: fc.integer({ min: 0, max: 3 }),
			noRepeatNgram: fc.integer({ min: 0, max: 2 }),
			never: fc.subarray([0, bos, eos, a, b]),
		});
		const property = fc.asyncProperty(tables, rules, async (sources, options) => {
			const greedy = await greedyDecode(tableDecoder(sources, 6), null, options);
			const beam = await beamDecode(tableDecoder(sources, 6), null, { ...options, ...none, beamSize: 1 });
			expect(beam).toEqual(greedy.map((hypothesis) => [hypothesis]));
		});
		await fc.assert(property, { seed: 1, numRuns: 200 });
	});
});

describeOnEveryBackend("when a beam search stops", () => {
	const tokens = async (table: Table, options: BeamDecodeOptions): Promise<unknown> =>
		(await beamDecode(tableDecoder([table], 6), null, options))[0]?.map((hypothesis) => hypothesis.tokens);

	// The EOS at once scores ln 0.5 = -0.693, the first of six a ln 0.42 = -0.868. Ended with the next token that were
	// -0.868 / (7/6) = -0.744, no help; but at the longest it is -0.868 / 2 = -0.434.
	const late = tableOf(
		{ [bos]: { [eos]: 0.5, [a]: 0.42, [b]: 0.08 } },
		...Array.from({ length: 5 }, () => ({ [a]: { [a]: 1 } })),
		{ [a]: { [eos]: 1 } },
	);

	it.each([
		["gnmt", 1],
		["power", 0.25], // 2^0.25 makes it -0.730, 7^0.25 makes it -0.533
	] as const)("goes on while a longer hypothesis can still overtake: %s", async (type, alpha) => {
		const options = { maxLength: 6, beamSize: 1, lengthPenalty: { type, alpha } } as const;
		expect(await tokens(late, options)).toEqual([[a, a, a, a, a, a, eos]]);
		expect(await tokens(late, { ...options, earlyStopping: true })).toEqual([[eos]]);
		expect(await tokens(late, { ...options, lengthPenalty: { type: "none" } })).toEqual([[eos]]);
	});

	it("expects the next token to be the last where length costs", async () => {
		// α = -1: score = log-probability · length. Finished after two steps: ln 0.3 · 1 = -1.20 and ln 0.18 · 2 = -3.43.
		// [a, c] has ln 0.42 = -0.868: -2.60 with an EOS, but -6.94 at the longest, 8.
		const table = tableOf(
			{ [bos]: { [a]: 0.6, [eos]: 0.3, [b]: 0.1 } },
			{ [a]: { [c]: 0.7, [eos]: 0.3 }, [b]: { [b]: 1 } },
			{ [b]: { [b]: 1 }, [c]: { [eos]: 1 } },
		);
		const options = {
			maxLength: 7,
			beamSize: 2,
			nBest: 2,
			lengthPenalty: { type: "power", alpha: -1 },
		} as const;
		expect(await tokens(table, options)).toEqual([[eos], [a, c, eos]]);
	});

	it("never forbids the EOS for repeating", async () => {
		const table = tableOf({ [bos]: { [a]: 1 } }, { [a]: { [a]: 0.6, [eos]: 0.4 } });
		const options = { maxLength: 5, beamSize: 1, noRepeatNgram: 1, never: [] };
		expect(await tokens(table, options)).toEqual([[a, eos]]);
		expect(await tokens(table, { ...options, noRepeatNgram: 2 })).toEqual([[a, a, eos]]);
	});
});
