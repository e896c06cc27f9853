import { describeOnEveryBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { expect, it } from "vitest";
import { Vocabulary } from "../text/vocabulary.ts";
import { beamDecode } from "./beam-decode.ts";
import { greedyDecode } from "./greedy-decode.ts";
import { sampleDecode } from "./sample-decode.ts";
import type { StepDecoder } from "./step-decoder.ts";
import type { TokenRules } from "./token-rules.ts";

const [bos, eos, a, b] = [1, 2, 3, 4];
const classes = 5;
const none = { lengthPenalty: { type: "none" } } as const;

/** Log-probabilities after the last token, per source; `undefined` is impossible. */
type Table = readonly Readonly<Record<number, Readonly<Record<number, number>>>>[];

function tableDecoder(tables: Table): StepDecoder<null, { steps: number }> & { readonly asked: number[] } {
	const asked: number[] = [];
	return {
		asked,
		batchSize: () => tables.length,
		start: (_source, _beams, steps) => {
			asked.push(steps, 0);
			return { steps: 0 };
		},
		step: (tokens, { steps }) => {
			asked[1] = steps + 1;
			const ids = [...tokens.dataSync()];
			const beams = ids.length / tables.length;
			const rows = ids.map((id, row) => {
				const after = tables[Math.floor(row / beams)]?.[id] ?? {};
				return Array.from({ length: classes }, (_, next) => Math.log(after[next] ?? 0));
			});
			return { logProbs: tf.tensor2d(rows, [ids.length, classes]), state: { steps: steps + 1 } };
		},
		reorder: (state) => state,
	};
}

const all = (
	probabilities: Readonly<Record<number, number>>,
): Record<number, Readonly<Record<number, number>>> =>
	Object.fromEntries([0, 1, 2, 3, 4].map((id) => [id, probabilities]));

describeOnEveryBackend("where a hypothesis ends", () => {
	/** The tokens of every way of decoding that is as good as greedy here. */
	async function everyWay(tables: Table, rules: TokenRules): Promise<(readonly number[])[][]> {
		const model = tableDecoder(tables);
		const greedy = await greedyDecode(model, null, rules);
		const beam = await beamDecode(tableDecoder(tables), null, { ...rules, ...none, beamSize: 1 });
		const sample = await sampleDecode(tableDecoder(tables), null, { ...rules, temperature: 0, seed: 1 });
		expect(beam.flat()).toEqual(greedy);
		expect(sample.flat()).toEqual(greedy);
		return [greedy.map(({ tokens }) => tokens), [model.asked]];
	}

	const ending = all({ [eos]: 0.5, [a]: 0.4, [b]: 0.1 });

	it("runs for maxLength tokens without an EOS, and asks for as many steps", async () => {
		const rules = { maxLength: 3, eos: null };
		expect(await everyWay([ending], rules)).toEqual([[[eos, eos, eos]], [[3, 3]]]);
		expect((await everyWay([ending], { ...rules, eos: [], minLength: 2 }))[0]).toEqual([[eos, eos, eos]]);
		expect((await everyWay([ending], { ...rules, noRepeatNgram: 1 }))[0]).toEqual([[eos, a, b]]);
	});

	it("finds the likeliest of all texts without an EOS", async () => {
		const table = { [bos]: { [a]: 0.6, [b]: 0.4 }, [a]: { [a]: 0.5, [b]: 0.5 }, [b]: { [a]: 0.1, [b]: 0.9 } };
		const options = { ...none, maxLength: 3, eos: null, beamSize: 8, nBest: 8 };
		const [found = []] = await beamDecode(tableDecoder([table]), null, options);
		expect(found[0]?.tokens).toEqual([b, b, b]); // 0.4 · 0.9 · 0.9
		expect(found).toHaveLength(8);
		expect(found.reduce((sum, { logProb }) => sum + Math.exp(logProb), 0)).toBeCloseTo(1, 5);
	});

	it("stays short where nothing is possible and no EOS is, while the others go on", async () => {
		const dead = { [bos]: { [b]: 1 } };
		const never = [0];
		expect((await everyWay([dead, ending, {}], { maxLength: 3, eos: null, never }))[0]).toEqual([
			[b],
			[eos, eos, eos],
			[],
		]);
		const [[first] = []] = await beamDecode(tableDecoder([{}]), null, {
			maxLength: 3,
			eos: null,
			beamSize: 2,
		});
		expect(first).toEqual({ tokens: [], logProb: 0, score: 0 });
		// A beam that cannot go on does not beat one that can.
		const half = { [bos]: { [a]: 0.9, [b]: 0.1 }, [b]: { [b]: 0.5 } };
		const options = { ...none, maxLength: 3, eos: null, beamSize: 2, nBest: 2 };
		const [found] = await beamDecode(tableDecoder([half]), null, options);
		expect(found?.map(({ tokens }) => tokens)).toEqual([[b, b, b]]);
	});

	it("cuts where no EOS is forced", async () => {
		const long = all({ [eos]: 0.1, [a]: 0.9 });
		expect(await everyWay([long], { maxLength: 3 })).toEqual([[[a, a, a, eos]], [[4, 4]]]);
		expect(await everyWay([long], { maxLength: 3, forceEos: false })).toEqual([[[a, a, a]], [[3, 3]]]);
		expect((await everyWay([ending], { maxLength: 3, forceEos: false }))[0]).toEqual([[eos]]);
		const options = { ...none, maxLength: 2, forceEos: false, beamSize: 4, nBest: 4 };
		const [found = []] = await beamDecode(tableDecoder([long]), null, options);
		expect(found.map(({ tokens }) => tokens)).toEqual([[a, a], [eos], [a, eos]]);
		expect(found.map(({ score }) => Math.exp(score))).toEqual(
			[0.81, 0.1, 0.09].map((probability) => expect.closeTo(probability, 5)),
		);
		// The length of what is cut is that of its tokens.
		const mean = { ...options, lengthPenalty: { type: "power", alpha: 1 } } as const;
		const [ranked = []] = await beamDecode(tableDecoder([long]), null, mean);
		expect(ranked[0]?.score).toBeCloseTo(Math.log(0.9), 5);
	});

	it("ends with any of several ids, and forces the likeliest of them", async () => {
		const table = { ...all({ [a]: 0.6, [b]: 0.3, [eos]: 0.1 }), [a]: { [b]: 0.7, [eos]: 0.3 } };
		expect((await everyWay([table], { maxLength: 5, eos: [eos, b] }))[0]).toEqual([[a, b]]);
		const forced = all({ [a]: 0.6, [b]: 0.3, [eos]: 0.1 });
		expect((await everyWay([forced], { maxLength: 2, eos: [eos, b] }))[0]).toEqual([[a, a, b]]);
		expect(
			(await everyWay([table], { maxLength: 5, minLength: 2, eos: [eos, b], never: [0, 1] }))[0],
		).toEqual([
			[a, b], // nothing else is possible after a
		]);
	});

	it("lets a BOS that is the EOS end a hypothesis", async () => {
		const story = { ...all({ [a]: 1 }), [a]: { [bos]: 0.7, [a]: 0.3 } };
		expect((await everyWay([story], { maxLength: 5, eos: bos }))[0]).toEqual([[a, bos]]);
		expect((await everyWay([story], { maxLength: 3, eos: bos, never: [bos] }))[0]).toEqual([[a, a, a, bos]]);
	});

	it("lets some ids repeat for all that no n-gram may", async () => {
		const table = all({ [a]: 0.6, [b]: 0.3, [eos]: 0.1 });
		expect((await everyWay([table], { maxLength: 5, noRepeatNgram: 1 }))[0]).toEqual([[a, b, eos]]);
		expect((await everyWay([table], { maxLength: 3, noRepeatNgram: 1, mayRepeat: [a] }))[0]).toEqual([
			[a, a, a, eos],
		]);
		expect((await everyWay([table], { maxLength: 4, noRepeatNgram: 2, mayRepeat: [b] }))[0]).toEqual([
			[a, a, b, a, eos], // after that, "a a" and "a b" are there: a is forbidden, b is not, and 4 are enough
		]);
	});

	it("treats `unk` as any token, unless it is told otherwise", async () => {
		const { pad, unk } = Vocabulary;
		const table = all({ [unk]: 0.5, [b]: 0.2, [eos]: 0.15, [pad]: 0.1, [bos]: 0.05 });
		const rules = { maxLength: 3, noRepeatNgram: 1 };
		expect((await everyWay([table], rules))[0]).toEqual([[unk, b, eos]]);
		expect((await everyWay([table], { ...rules, mayRepeat: [unk] }))[0]).toEqual([[unk, unk, unk, eos]]);
		expect((await everyWay([table], { ...rules, never: [pad, bos, unk] }))[0]).toEqual([[b, eos]]);
		// The list replaces the default: with `unk` alone the padding may come.
		expect((await everyWay([all({ [unk]: 0.6, [pad]: 0.4 })], { maxLength: 1, never: [unk] }))[0]).toEqual([
			[pad, eos],
		]);
	});

	it("is greedy with a beam of 1, whatever ends it", async () => {
		const probability = fc.integer({ min: 0, max: 9 }).map((value) => value / 45);
		const after = fc
			.array(probability, { minLength: classes, maxLength: classes })
			.map((values) => ({ ...values }));
		const table = fc.array(after, { minLength: classes, maxLength: classes }).map((rows) => ({ ...rows }));
		const rules = fc.record({
			maxLength: fc.integer({ min: 1, max: 4 }),
			forceEos: fc.boolean(),
			minLength: fc.integer({ min: 0, max: 1 }),
			noRepeatNgram: fc.integer({ min: 0, max: 2 }),
			mayRepeat: fc.subarray([a, b]),
			eos: fc.constantFrom(null, eos, [eos, b], bos),
			never: fc.subarray([0, bos, a]),
		});
		const tables = fc.array(table, { minLength: 1, maxLength: 3 });
		const property = fc.asyncProperty(tables, rules, async (sources, options) => {
			const [found = []] = await everyWay(sources, options);
			const most = options.maxLength + Number(options.forceEos && options.eos !== null);
			for (const tokens of found) expect(tokens.length).toBeLessThanOrEqual(most);
		});
		await fc.assert(property, { seed: 1, numRuns: 150 });
	});

	it("says what is wrong", async () => {
		const run = (options: object): Promise<unknown> =>
			greedyDecode(tableDecoder([ending]), null, { maxLength: 3, ...options });
		await expect(run({ eos: [2, 9] })).rejects.toThrow("`eos[1]` is 9; expected a whole number at least 0");
		await expect(run({ eos: "2" })).rejects.toThrow("`eos` is 2; expected a whole number");
		await expect(run({ forceEos: 1 })).rejects.toThrow("`forceEos` is 1; expected true or false");
		await expect(run({ mayRepeat: 3 })).rejects.toThrow("`mayRepeat` is 3; expected an array of ids");
		await expect(run({ mayRepeat: [-1] })).rejects.toThrow("`mayRepeat[0]` is -1");
	});
});
