import { readFileSync } from "node:fs";
import { assignWeights, captureAttention, disposeAttention, Parameters } from "@heed/layers";
import { describeOnEveryBackend, expectClose, sharedPath } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, it } from "vitest";
import type { BahdanauAttention } from "../attention/bahdanau-attention.ts";
import { gruFromTorch } from "../recurrent/from-torch.ts";
import { AttentionalDecoder } from "./attentional-decoder.ts";

interface Fixture {
	readonly gru: [number[][], number[][], number[], number[]][];
	readonly att_vector_layer: { readonly W: number[][]; readonly b: number[] };
	readonly output_layer: number[][];
	readonly key_layer: number[][];
	readonly query_layer: number[][];
	readonly energy_layer: number[][];
	readonly encoder_states: number[][][];
	readonly reference_output: number[][][];
	readonly reference_hidden: number[][][];
	readonly reference_att_vectors: number[][][];
	readonly reference_attention: number[][][];
}

const file = sharedPath("conformance", "nlp", "joeynmt_models.json");
const fixture: Fixture | undefined =
	file === undefined ? undefined : JSON.parse(readFileSync(file, "utf8")).recurrent_decoder_gru_bahdanau;

/** JoeyNMT's decoder: three GRU layers, and Bahdanau's score asked by the current state. */
function makeDecoder(weights: Fixture): AttentionalDecoder {
	const parameters = new Parameters();
	const decoder = new AttentionalDecoder(parameters, {
		embeddingSize: 10,
		units: 6,
		cell: "gru",
		layers: 3,
		attention: { kind: "bahdanau", units: 6 },
		attend: "afterCell",
		inputFeeding: false,
		bridge: "zero",
		memorySize: 6,
		seed: 0,
	});
	tf.tidy(() => {
		weights.gru.forEach(([ih, hh, biasIh, biasHh], layer) => {
			const torch = {
				weight_ih: tf.tensor2d(ih),
				weight_hh: tf.tensor2d(hh),
				bias_ih: tf.tensor1d(biasIh),
				bias_hh: tf.tensor1d(biasHh),
			};
			const cell = decoder.cells[layer];
			if (cell !== undefined) assignWeights(cell.weights, { ...gruFromTorch(torch) });
		});
		const turned = (matrix: number[][]): tf.Tensor2D => tf.transpose(tf.tensor2d(matrix));
		(decoder.attention as BahdanauAttention).setWeights([
			turned(weights.query_layer),
			turned(weights.key_layer),
			tf.tensor1d(weights.energy_layer[0] as number[]),
		]);
		const [hidden, context] = tf.split(turned(weights.att_vector_layer.W), 2, 0) as [tf.Tensor, tf.Tensor];
		parameters.variables.get("combine/kernel")?.assign(tf.concat([context, hidden], 0)); // ours is [context; hidden]
		parameters.variables.get("combine/bias")?.assign(tf.tensor1d(weights.att_vector_layer.b));
	});
	return decoder;
}

describe.skipIf(fixture === undefined)("JoeyNMT's recurrent decoder", () => {
	console.info(
		"joeynmt_models: the GRU decoder on each backend; the Transformer parts belong to other models",
	);

	describeOnEveryBackend("teacher forced and step by step", () => {
		it("gives its vectors, states, alignments and outputs", () => {
			const weights = fixture as Fixture;
			const decoder = makeDecoder(weights);
			const close = { atol: 5e-5 };
			tf.tidy(() => {
				const memory = tf.tensor3d(weights.encoder_states);
				const [steps, batch] = [4, 2];
				const inputs = tf.ones([steps, batch, 10]) as tf.Tensor3D;
				const start = decoder.start({ memory, state: [] });
				const { result, records } = captureAttention(() => decoder.run(inputs, start).vectors); // [T, B, U]
				const vectors = tf.transpose(result, [1, 0, 2]); // [B, T, U]
				expectClose(vectors, tf.tensor3d(weights.reference_att_vectors), close);
				expectClose(records[0]?.weights as tf.Tensor, tf.tensor3d(weights.reference_attention), close);
				disposeAttention(records);
				const rows = tf.reshape(vectors, [steps * batch, 6]);
				const outputs = tf.matMul(rows, tf.tensor2d(weights.output_layer), false, true);
				expectClose(tf.reshape(outputs, [batch, steps, 5]), tf.tensor3d(weights.reference_output), close);

				let state = start;
				for (let t = 0; t < steps; t++) {
					const step = decoder.step(tf.ones([batch, 10]), state);
					state = step.state;
					const expected = weights.reference_attention.map((rows) => rows[t] as number[]);
					expectClose(step.alignment, tf.tensor2d(expected), { ...close, label: `step ${t}` });
				}
				const hidden = tf.stack(
					state.cells.map(([h]) => h as tf.Tensor2D),
					1,
				); // [B, layers, U]
				expectClose(hidden, tf.tensor3d(weights.reference_hidden), close);
			});
		});
	});
});
