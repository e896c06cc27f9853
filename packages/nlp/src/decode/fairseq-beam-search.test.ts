import { readFileSync } from "node:fs";
import { describeOnEveryBackend, sharedPath } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { type BeamDecodeOptions, beamDecode } from "./beam-decode.ts";
import type { StepDecoder } from "./step-decoder.ts";

interface Fixture {
	/** Probabilities of [eos, unk, w1, w2] per step and row. */
	readonly steps: number[][][];
	/** Per setting and sentence: words and the probability of each. */
	readonly expected: Record<string, [string, number[]][][]>;
}

const file = sharedPath("conformance", "nlp", "fairseq_beam_search.json");
const fixture = file === undefined ? undefined : (JSON.parse(readFileSync(file, "utf8")) as Fixture);
const words = ["eos", "unk", "w1", "w2"];

/** Plays the table back: at each step a row per beam, in the order that the search holds. */
function tableDecoder(steps: number[][][]): StepDecoder<null, { step: number }> {
	return {
		batchSize: () => 2,
		start: () => ({ step: 0 }),
		step: (_, { step }) => ({
			logProbs: tf.log(tf.tensor2d(steps[step] as number[][])) as tf.Tensor2D,
			state: { step: step + 1 },
		}),
		reorder: (state) => state,
	};
}

const settings: Record<string, Omit<BeamDecodeOptions, "beamSize" | "maxLength"> & { maxLength?: number }> = {
	normalized: { lengthPenalty: { type: "power", alpha: 1 } },
	unnormalized: { lengthPenalty: { type: "none" } },
	lenpen_0_6: { lengthPenalty: { type: "power", alpha: 0.6 } },
	lenpen_5: { lengthPenalty: { type: "power", alpha: 5 } },
	maxlen_2: { lengthPenalty: { type: "power", alpha: 1 }, maxLength: 2 },
};

describe.skipIf(fixture === undefined)("fairseq's beam search", () => {
	const { steps, expected } = fixture ?? { steps: [], expected: {} };
	console.info(`fairseq beam search: ${Object.keys(expected).length} settings on each backend`);

	describeOnEveryBackend("settings", () => {
		it.each(Object.keys(expected))("%s", async (name) => {
			const results = await beamDecode(tableDecoder(steps), null, {
				beamSize: 2,
				nBest: 2,
				maxLength: 10,
				eos: 0,
				bos: 0,
				never: [],
				earlyStopping: true, // fairseq takes the first hypotheses that finish
				...settings[name],
			});
			const said = results.map((hypotheses) =>
				hypotheses.map(({ tokens }) => tokens.map((token) => words[token]).join(" ")),
			);
			expect(said).toEqual(expected[name]?.map((hypotheses) => hypotheses.map(([text]) => text)));
			results.forEach((hypotheses, sentence) => {
				hypotheses.forEach(({ logProb }, rank) => {
					const factors = expected[name]?.[sentence]?.[rank]?.[1] ?? [];
					expect(Math.exp(logProb)).toBeCloseTo(
						factors.reduce((product, factor) => product * factor, 1),
						5,
					);
				});
			});
		});
	});
});
