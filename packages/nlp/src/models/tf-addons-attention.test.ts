import { readFileSync } from "node:fs";
import { Parameters } from "@heed/layers";
import { describeOnEveryBackend, expectClose, sharedPath } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, it } from "vitest";
import { BahdanauAttention } from "../attention/bahdanau-attention.ts";
import { LstmCell } from "../recurrent/lstm-cell.ts";
import type { RecurrentState } from "../recurrent/recurrent-cell.ts";

interface Fixture {
	readonly decoder_inputs: number[][][];
	readonly encoder_outputs: number[][][];
	readonly encoder_lengths: number[];
	readonly units: number;
	readonly cell_depth: number;
	readonly expected: Record<string, number>;
}

const file = sharedPath("conformance", "nlp", "tfa_not_use_attention_layer.json");
const fixture: Fixture | undefined = file === undefined ? undefined : JSON.parse(readFileSync(file, "utf8"));

describe.skipIf(fixture === undefined)("tf-addons' AttentionWrapper", () => {
	console.info("tfa_not_use_attention_layer: 1 case on each backend");

	describeOnEveryBackend("Bahdanau attention around an LSTM, the context fed back", () => {
		it("gives its means after three steps", () => {
			const { decoder_inputs, encoder_outputs, encoder_lengths, units, cell_depth, expected } =
				fixture as Fixture;
			const attention = new BahdanauAttention({ units });
			attention.buildFor(cell_depth, 10);
			const parameters = new Parameters();
			const cell = new LstmCell(parameters, { inputSize: 7 + 10, units: cell_depth });
			tf.tidy(() => {
				attention.setWeights(attention.getWeights().map(tf.onesLike));
				cell.weights.kernel.assign(tf.onesLike(cell.weights.kernel));
				cell.weights.recurrentKernel.assign(tf.onesLike(cell.weights.recurrentKernel));

				const lengths = tf.tensor1d(encoder_lengths, "int32");
				const live = tf.less(tf.range(0, 8, 1, "int32"), tf.reshape(lengths, [5, 1]));
				const memory = tf.mul(tf.tensor3d(encoder_outputs), tf.cast(tf.expandDims(live, 2), "float32"));
				let asked = attention.setUp(memory as tf.Tensor3D, lengths);
				let state: RecurrentState = cell.zeroState(5);
				let context = tf.zeros([5, 10]) as tf.Tensor2D;
				let alignment = tf.zeros([5, 8]) as tf.Tensor2D;
				const contexts: tf.Tensor2D[] = [];
				for (let t = 0; t < 3; t++) {
					const input = tf.tensor2d(decoder_inputs.map((row) => row[t] as number[]));
					state = cell.step(tf.concat([input, context], 1), state);
					const step = attention.step(state[0] as tf.Tensor2D, asked);
					({ context, alignment, state: asked } = step);
					contexts.push(context);
				}
				const outputs = tf.stack(contexts); // of all steps; the others are those after the last
				const results = {
					rnn_output_mean: outputs,
					sample_id_mean: tf.argMax(outputs, 2),
					h_mean: state[0] as tf.Tensor,
					c_mean: state[1] as tf.Tensor,
					attention_mean: context,
					alignments_mean: alignment,
				};
				// Its own test allows 1e-3, but the means that it prints have seven digits, and are met to those: float32's.
				for (const [name, values] of Object.entries(results)) {
					const mean = tf.mean(tf.cast(values, "float32"));
					expectClose(mean, [expected[name] as number], { atol: 1e-6, rtol: 0, label: name });
				}
			});
		});
	});
});
