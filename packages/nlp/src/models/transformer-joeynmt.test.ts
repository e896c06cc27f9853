import { assignWeights, Parameters } from "@heed/layers";
import { describeOnEveryBackend, expectClose, nlpReference } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { beamDecode } from "../decode/beam-decode.ts";
import { greedyDecode } from "../decode/greedy-decode.ts";
import type { StepDecoder } from "../decode/step-decoder.ts";
import { transformerFromJoeyNmt } from "../import/transformer-from-joeynmt.ts";
import { TransformerDecoder, type TransformerState } from "./transformer-decoder.ts";

type Weights = Readonly<Record<string, number[] | number[][]>>;
type Cube = number[][][];

interface Models {
	readonly transformer_encoder: {
		readonly params: Weights;
		readonly x: Cube;
		readonly reference_output: Cube;
	};
	readonly transformer_decoder: {
		readonly params: Weights;
		readonly trg_embed: Cube;
		readonly memory: Cube;
		readonly reference_logits: Cube;
		readonly reference_cross_attention: Cube;
		readonly reference_states: Cube;
	};
}

interface Search {
	readonly embedding: number[][];
	readonly decoder: Weights;
	readonly encoder_output: Cube;
	readonly greedy: { readonly ids: number[][]; readonly scores: number[][]; readonly attention_torch: Cube };
	readonly beam7_alpha1_nbest5: { readonly ids: number[][]; readonly scores: number[] };
	readonly beam1_alpha0: { readonly scores: number[] };
}

const models = nlpReference<Models>("joeynmt_models.json");
const search = nlpReference<Search>("joeynmt_search.json");

/** A decoder with the weights that a whole model of JoeyNMT has; what is no decoder is made of the encoder's. */
function importDecoder(encoder: Weights, decoder: Weights, embedding: number[][]): TransformerDecoder {
	const parameters = new Parameters();
	const vocabularySize = embedding.length;
	const output = decoder["output_layer.weight"] as number[][];
	const more = Array.from({ length: vocabularySize - output.length }, () => new Array<number>(12).fill(0));
	const named = (prefix: string, weights: Weights): [string, tf.Tensor][] =>
		Object.entries(weights).map(([name, values]) => [`${prefix}.${name}`, tf.tensor(values as number[][])]);
	const made = new TransformerDecoder(parameters, {
		...{ vocabularySize, layers: 3, modelDim: 12, numHeads: 4, hiddenDim: 24, epsilon: 1e-6 },
		...{ scaleEmbedding: false, outputBias: false },
	});
	tf.tidy(() => {
		const file = Object.fromEntries([
			...named("encoder", encoder),
			...named("decoder", { ...decoder, "output_layer.weight": [...output, ...more] }),
			["src_embed.lut.weight", tf.tensor2d(embedding)],
			["trg_embed.lut.weight", tf.tensor2d(embedding)],
		]) as Record<string, tf.Tensor>;
		const { model } = transformerFromJoeyNmt(file, { numHeads: 4 });
		const own = [...model.weights].filter(([name]) => name.startsWith("decoder/"));
		const values = own.map(([name, value]) => [name.slice("decoder/".length), value] as const);
		assignWeights(parameters.variables, Object.fromEntries(values));
		model.dispose();
	});
	return made;
}

const range = (rows: number, columns: number): tf.Tensor2D =>
	tf.reshape(tf.range(0, rows * columns, 1, "int32"), [rows, columns]);

/** Half of the last of the four digits that their numbers have. */
const close = { atol: 5e-5 };

describe.skipIf(models === undefined)("JoeyNMT's Transformer", () => {
	console.info("joeynmt_models: the Transformer's encoder and decoder on each backend");
	const { transformer_encoder: encoder, transformer_decoder: decoder } = models as Models;

	describeOnEveryBackend("layers", () => {
		it("encodes what it encodes", () => {
			// The input is embedded already: a table of its eight vectors gives it back.
			const file: Record<string, tf.Tensor> = {};
			for (const [name, values] of Object.entries(encoder.params))
				file[`encoder.${name}`] = tf.tensor(values as number[][]);
			for (const [name, values] of Object.entries(decoder.params))
				file[`decoder.${name}`] = tf.tensor(values as number[][]);
			file["src_embed.lut.weight"] = tf.tensor2d(encoder.x.flat());
			file["trg_embed.lut.weight"] = tf.zeros([7, 12]);
			const { model, missing, unused } = transformerFromJoeyNmt(file, { numHeads: 4 });
			expect([missing, unused]).toEqual([[], []]);
			expect(model.config).toMatchObject({
				encoderLayers: 3,
				decoderLayers: 3,
				normFirst: true,
				finalNorm: true,
			});
			const batch = { source: range(2, 4), sourceLengths: tf.tensor1d([4, 4], "int32") };
			expectClose(model.encode(batch), tf.tensor3d(encoder.reference_output), close);
		});

		it("decodes what it decodes, at once and step by step, and looks where it looks", () => {
			const made = importDecoder(encoder.params, decoder.params, decoder.trg_embed.flat());
			tf.tidy(() => {
				const memory = tf.tensor3d(decoder.memory);
				const ids = range(2, 5);
				const states = made.run(ids, memory);
				expectClose(states, tf.tensor3d(decoder.reference_states), close);
				const logits = (x: tf.Tensor): tf.Tensor => tf.slice(x, 0, [...x.shape.slice(0, -1), 7]);
				expectClose(logits(made.logits(states)), tf.tensor3d(decoder.reference_logits), close);
				let state = made.start(memory, undefined, 1, 5);
				for (let t = 0; t < 5; t++) {
					const at = (cube: Cube): number[] => cube.flatMap((rows) => rows[t] as number[]);
					const step = made.step(tf.squeeze(tf.slice(ids, [0, t], [-1, 1]), [1]) as tf.Tensor1D, state);
					state = step.state;
					expectClose(logits(step.logits), at(decoder.reference_logits), close);
					expectClose(step.alignment, at(decoder.reference_cross_attention), close);
				}
			});
		});
	});
});

describe.skipIf(models === undefined || search === undefined)("JoeyNMT's search with a Transformer", () => {
	console.info("joeynmt_search: greedy, beam 7 with alpha 1 and 5 best, beam 1; on each backend");
	const expected = search as Search;
	const [unk, pad, bos, eos] = [0, 1, 2, 3];
	const rules = { maxLength: 3, bos, eos, never: [pad, bos, 4, 5, 6], forceEos: false, minLength: 1 };

	/** The decoder on the memory that the reference has instead of an encoder. */
	function searched(): StepDecoder<null, TransformerState> {
		const { params } = (models as Models).transformer_encoder;
		const decoder = importDecoder(params, expected.decoder, expected.embedding);
		const memory = tf.tensor3d(expected.encoder_output);
		return {
			batchSize: () => 2,
			start: (_, beams, steps) => decoder.start(memory, undefined, beams, steps),
			step: (tokens, state) => {
				const { logits, ...step } = decoder.step(tokens, state);
				const logProbs = tf.logSoftmax(logits);
				logits.dispose();
				return { ...step, logProbs };
			},
			reorder: (state, indices) => decoder.reorder(state, indices),
		};
	}

	describeOnEveryBackend("search", () => {
		it("is greedy as JoeyNMT is", async () => {
			const model = searched();
			const before = tf.memory().numTensors;
			const found = await greedyDecode(model, null, rules);
			expect(tf.memory().numTensors).toBe(before);
			const { ids, scores, attention_torch: looked } = expected.greedy;
			expect(found.map(({ tokens }) => tokens)).toEqual(ids);
			found.forEach(({ logProb, alignment }, i) => {
				const total = (scores[i] as number[]).reduce((sum, score) => sum + score, 0);
				// Three numbers, each rounded to four digits.
				expectClose([logProb], [total], { atol: 3 * close.atol });
				expectClose(alignment as Float32Array, (looked[i] as number[][]).flat(), close);
			});
		});

		it("has its five best of a beam of 7, and greedy's with a beam of 1", async () => {
			const model = searched();
			const { ids, scores } = expected.beam7_alpha1_nbest5;
			const lengthPenalty = { type: "gnmt", alpha: 1 } as const;
			const found = await beamDecode(model, null, { ...rules, beamSize: 7, nBest: 5, lengthPenalty });
			expect(found.flat().map(({ tokens }) => tokens)).toEqual(ids);
			expectClose(
				found.flat().map(({ score }) => score),
				scores,
				close,
			);
			const narrow = await beamDecode(model, null, {
				...rules,
				beamSize: 1,
				lengthPenalty: { type: "none" },
			});
			expectClose(
				narrow.map(([best]) => best?.score ?? 0),
				expected.beam1_alpha0.scores,
				close,
			);
			expect(narrow.map(([best]) => best?.tokens.includes(unk))).toEqual([true, true]);
		});
	});
});
