import {
	describeOnEveryBackend,
	expectClose,
	fixtureTensor,
	literalCases,
	type OnnxCase,
	onnxCases,
	sharedPath,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { mergeHeads } from "../heads/merge-heads.ts";
import { splitHeads } from "../heads/split-heads.ts";
import { alibiBias } from "./alibi-bias.ts";
import { applyRotary } from "./apply-rotary.ts";
import { rotaryAngles } from "./rotary-angles.ts";
import { sinusoidalPositions } from "./sinusoidal-positions.ts";

/** X, cos_cache, sin_cache, position_ids → Y, as ONNX defines RotaryEmbedding. */
function runRotary({ attributes, inputs, outputs, name }: OnnxCase): void {
	const slot = (index: number): tf.Tensor | undefined => {
		const found = inputs.find((input) => input.slot === index);
		return found && fixtureTensor(found);
	};
	const [x, cos, sin, ids] = [slot(0), slot(1), slot(2), slot(3)];
	const output = outputs[0];
	if (!(x && cos && sin && output)) throw new Error(`${name} lacks a tensor.`);
	const look = (cache: tf.Tensor): tf.Tensor => (ids ? tf.gather(cache, tf.cast(ids, "int32")) : cache);
	const rotaryDim = Number(attributes.rotary_embedding_dim ?? 0);
	const options = {
		layout: attributes.interleaved === 1 ? ("interleaved" as const) : ("half" as const),
		...(rotaryDim > 0 && { rotaryDim }),
	};
	const angles = { cos: look(cos), sin: look(sin) };
	const y =
		x.rank === 3
			? mergeHeads(applyRotary(splitHeads(x as tf.Tensor3D, Number(attributes.num_heads)), angles, options))
			: applyRotary(x as tf.Tensor4D, angles, options);
	expectClose(y, fixtureTensor(output), { atol: 5e-5, label: name });
}

const absent = sharedPath("conformance") === undefined; // says so
const rotary = onnxCases("RotaryEmbedding");
const rotaryLiterals = literalCases(/^rope_/);
const alibi = literalCases(/^alibi_/);
const sine = literalCases(/^sine_/);

describeOnEveryBackend("positions against published numbers", (backend) => {
	it.skipIf(absent)("ONNX RotaryEmbedding", () => {
		expect(rotary).toHaveLength(5);
		for (const test of rotary) runRotary(test);
		console.info(`${backend}: ${rotary.length} ONNX RotaryEmbedding cases`);
	});

	it.skipIf(absent)("rotary positions in print", () => {
		expect(rotaryLiterals).toHaveLength(4);
		for (const { name, inputs, expected, atol } of rotaryLiterals) {
			const x = tf.tensor(inputs.x);
			const dim = x.shape.at(-1) ?? 0;
			const positions = tf.tensor1d([inputs.positions ?? inputs.position].flat(), "int32");
			const options = { base: inputs.base, scaling: inputs.linear_scaling ?? 1 };
			const packed: tf.Tensor4D = tf.reshape(x, [1, 1, positions.size, dim]);
			const y = applyRotary(packed, rotaryAngles(positions, dim, options));
			expectClose(y, tf.tensor(expected.y).dataSync(), { atol, label: name });
		}
		console.info(`${backend}: ${rotaryLiterals.length} literal rotary cases`);
	});

	it.skipIf(absent)("ALiBi and sinusoidal positions in print", () => {
		expect(alibi).toHaveLength(4);
		expect(sine).toHaveLength(2);
		for (const { name, inputs, expected, atol } of alibi) {
			const { heads, key_positions: keys, alibi_bias_max: maxBias } = inputs;
			// The cases measure from the last key: one query that stands there.
			const bias = alibiBias(heads, 1, keys, { maxBias, queryOffset: keys - 1 });
			const wanted = tf.tensor(expected.bias ?? expected.last6);
			expectClose(bias.dataSync().slice(-wanted.size), wanted.dataSync(), { atol, label: name });
		}
		for (const { name, inputs, expected, atol } of sine) {
			const row = sinusoidalPositions(1, inputs.d, { offset: inputs.position });
			expectClose(row, expected.y, { atol, label: name });
		}
		console.info(`${backend}: ${alibi.length} literal ALiBi and ${sine.length} sinusoidal cases`);
	});
});
