import { expectClose } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect } from "vitest";
import { beamDecode } from "../src/decode/beam-decode.ts";
import type { Hypothesis } from "../src/decode/hypothesis.ts";
import { sampleDecode } from "../src/decode/sample-decode.ts";
import type { StepDecoder } from "../src/decode/step-decoder.ts";
import type { SourceBatch } from "../src/models/seq2seq-batch.ts";

// What the options of decoding promise, held against a real model whose alignments are positive.

/** The tensors of chosen sources. */
type SourceOf = (rows: readonly number[]) => SourceBatch;

const [beta, alpha] = [0.3, 0.7];
const plain = { maxLength: 6, minLength: 5, beamSize: 3, nBest: 3, never: [0, 1] };
const options = {
	...plain,
	noRepeatNgram: 2,
	coveragePenalty: { beta },
	lengthPenalty: { type: "power", alpha },
} as const;

const repeats = (tokens: readonly number[]): boolean => {
	const pairs = tokens.slice(1).map((token, t) => `${tokens[t]} ${token}`);
	return new Set(pairs).size < pairs.length;
};

/** logProb / length^alpha + beta · Σ_i log min(Σ_t alignment[t, i], 1). */
function scoreOf({ tokens, logProb, alignment = new Float32Array() }: Hypothesis): number {
	const { length } = tokens;
	const width = alignment.length / length;
	const seen = Array.from({ length: width }, (_, i) =>
		tokens.reduce((sum, _, t) => sum + Number(alignment[t * width + i]), 0),
	);
	const coverage = seen.filter((sum) => sum > 0).reduce((sum, own) => sum + Math.log(Math.min(own, 1)), 0);
	return logProb / length ** alpha + beta * coverage;
}

async function decoded<Result>(
	source: SourceBatch,
	decode: (source: SourceBatch) => Promise<Result>,
): Promise<Result> {
	const result = await decode(source);
	tf.dispose({ ...source });
	return result;
}

/** Sees that penalties and the rule on n-grams hold, and that a source has the same beams alone as in a batch. */
export async function expectBeamOptions<State>(
	model: StepDecoder<SourceBatch, State>,
	sourceOf: SourceOf,
	rows: readonly number[],
): Promise<void> {
	const together = await decoded(sourceOf(rows), (source) => beamDecode(model, source, options));
	for (const [at, row] of rows.entries()) {
		const [alone = []] = await decoded(sourceOf([row]), (source) => beamDecode(model, source, options));
		const found = together[at] ?? [];
		expect(found.map(({ tokens }) => tokens)).toEqual(alone.map(({ tokens }) => tokens));
		const scores = (list: Hypothesis[]): number[] => list.map(({ score }) => score);
		expectClose(scores(found), scores(alone), { atol: 2e-5 });
		expectClose(scores(found), found.map(scoreOf), { atol: 2e-5 });
		expect(found.filter(({ tokens }) => repeats(tokens))).toEqual([]);
	}
	const free = await decoded(sourceOf(rows), (source) => beamDecode(model, source, plain));
	expect(free.flat().some(({ tokens }) => repeats(tokens))).toBe(true); // the rule had something to forbid
}

/** Sees that draws repeat, with seed 0 too, and that a source's do not depend on what the others are. */
export async function expectSamplesAlone<State>(
	model: StepDecoder<SourceBatch, State>,
	sourceOf: SourceOf,
	[one, other, another]: readonly [number, number, number],
): Promise<void> {
	const draw = async (rows: readonly number[], seed: number, samples = 2): Promise<number[][][]> => {
		const given = { maxLength: 4, seed, samples, topP: 0.9, temperature: 1.5 };
		const found = await decoded(sourceOf(rows), (source) => sampleDecode(model, source, given));
		return found.map((hypotheses) => hypotheses.map(({ tokens }) => [...tokens]));
	};
	const drawn = await draw([one, other], 0);
	expect(await draw([one, other], 0)).toEqual(drawn);
	expect(await draw([one, other], 1)).not.toEqual(drawn);
	expect(await draw([one], 0, 1)).toEqual([drawn[0]?.slice(0, 1)]);
	expect((await draw([another, other], 0))[1]).toEqual(drawn[1]);
}
