import { readFileSync } from "node:fs";
import { captureAttention, disposeAttention } from "@heed/layers";
import { describeOnEveryBackend, expectClose, readSafetensors, sharedPath } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { beamDecode } from "../decode/beam-decode.ts";
import { greedyDecode } from "../decode/greedy-decode.ts";
import { transformerFromCTranslate2 } from "../import/transformer-from-ctranslate2.ts";
import type { Transformer } from "./transformer.ts";

interface Case {
	readonly source: string[];
	readonly source_ids: number[];
	readonly target: string[];
	readonly target_ids: number[];
	readonly logprob_sum: number;
	readonly decoder_input_ids: number[];
	readonly encoder_output: number[][];
	readonly logits: number[][];
	readonly cross_attention: number[][][][];
}

const folder = sharedPath("data", "aren-transliteration");
const cases: Case[] =
	folder === undefined ? [] : JSON.parse(readFileSync(`${folder}/reference.json`, "utf8")).cases;

/** The weights by name. */
const readWeights = (): Record<string, tf.Tensor> =>
	readSafetensors(readFileSync(`${folder}/model.safetensors`));

function load(): Transformer {
	const weights = readWeights();
	const { model, missing, unused } = transformerFromCTranslate2(weights, { numHeads: 8 });
	expect([missing, unused]).toEqual([[], []]);
	tf.dispose(weights);
	return model;
}

/** Ids as a batch of rows of their own lengths. */
function sourceBatch(rows: number[][]): { source: tf.Tensor2D; sourceLengths: tf.Tensor1D } {
	const width = Math.max(...rows.map(({ length }) => length));
	const padded = rows.map((row) => [...row, ...new Array<number>(width - row.length).fill(0)]);
	return {
		source: tf.tensor2d(padded, undefined, "int32"),
		sourceLengths: tf.tensor1d(
			rows.map(({ length }) => length),
			"int32",
		),
	};
}

const close = { atol: 5e-5 };

describe.skipIf(folder === undefined)("a trained Transformer, Arabic to English letters", () => {
	console.info(`aren-transliteration: ${cases.length} words on each backend`);

	describeOnEveryBackend("transliteration", () => {
		it("has its encodings, logits and every attention to the source", () => {
			const model = load();
			expect([...model.weights.values()].reduce((sum, { size }) => sum + size, 0)).toBe(182731);
			for (const expected of cases) {
				tf.tidy(() => {
					const batch = sourceBatch([expected.source_ids]);
					const targets = [...expected.decoder_input_ids, 2];
					const target = tf.tensor2d([targets], undefined, "int32");
					const targetLengths = tf.tensor1d([targets.length], "int32");
					expectClose(model.encode(batch), expected.encoder_output.flat(), close);
					const { result, records } = captureAttention(() =>
						model.logits({ ...batch, target, targetLengths }),
					);
					expectClose(result, expected.logits.flat(), close);
					const crossed = records.filter(({ layer }) => layer.endsWith("cross_attention"));
					expect(crossed).toHaveLength(6);
					crossed.forEach(({ weights }, layer) => {
						const label = `layer ${layer}`;
						expectClose(weights, (expected.cross_attention[layer] as number[][][]).flat(2), {
							...close,
							label,
						});
					});
					disposeAttention(records);
				});
			}
			model.dispose();
		});

		it("spells the words, alone and in a batch, greedily and with a beam", async () => {
			const model = load();
			for (const expected of [cases, ...cases.map((one) => [one])]) {
				const batch = sourceBatch(expected.map(({ source_ids: ids }) => ids));
				const before = tf.memory().numTensors;
				const greedy = await greedyDecode(model, batch, { maxLength: 20 });
				const beam = await beamDecode(model, batch, {
					maxLength: 20,
					beamSize: 2,
					lengthPenalty: { type: "none" },
				});
				expect(tf.memory().numTensors).toBe(before);
				expected.forEach(({ target_ids: ids, logprob_sum: total }, i) => {
					expect(greedy[i]?.tokens).toEqual([...ids, 2]);
					expect(beam[i]?.[0]?.tokens).toEqual([...ids, 2]);
					expectClose([greedy[i]?.logProb ?? 0, beam[i]?.[0]?.logProb ?? 0], [total, total], close);
				});
			}
			model.dispose();
		});
	});
});
