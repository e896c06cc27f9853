import { readFileSync } from "node:fs";
import { describeOnEveryBackend, expectClose, expectNoLeak, sharedPath } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, it } from "vitest";
import { BahdanauAttention } from "./bahdanau-attention.ts";
import { LuongAttention } from "./luong-attention.ts";
import type { ScoreAttention } from "./score-attention.ts";

interface Fixture {
	readonly Wk: number[][];
	readonly Wq?: number[][];
	readonly v?: number[][];
	readonly query: number[][][];
	readonly keys: number[][][];
	readonly mask: boolean[][];
	readonly expected_context: number[][][];
	readonly expected_attention: number[][][];
}

/** Half of the last of the four digits that their numbers have. */
const close = { atol: 5e-5 };
const file = sharedPath("conformance", "nlp", "joeynmt_inputs.json");
const fixtures: Record<string, Fixture> = file === undefined ? {} : JSON.parse(readFileSync(file, "utf8"));

/** The layer with JoeyNMT's weights, which are [out, in]. */
function layerFor(name: string, { Wk, Wq, v }: Fixture): ScoreAttention {
	const layer =
		name === "bahdanau"
			? new BahdanauAttention({ units: Wk.length, returnAttention: true })
			: new LuongAttention({ returnAttention: true });
	layer.buildFor(Wq?.[0]?.length ?? Wk.length, Wk[0]?.length ?? 0);
	tf.tidy(() => {
		const keys = tf.transpose(tf.tensor2d(Wk));
		layer.setWeights(Wq && v ? [tf.transpose(tf.tensor2d(Wq)), keys, tf.tensor1d(v[0] as number[])] : [keys]);
	});
	return layer;
}

describe.skipIf(file === undefined)("JoeyNMT's attention", () => {
	const cases = ["bahdanau", "luong_general"];
	console.info(`joeynmt_inputs: ${cases.length} cases on each backend`);

	describeOnEveryBackend("context and weights", () => {
		it.each(cases)("%s, as a layer and step by step", (name) => {
			const fixture = fixtures[name] as Fixture;
			const layer = layerFor(name, fixture);
			expectNoLeak(() =>
				tf.tidy(() => {
					const query = tf.tensor3d(fixture.query);
					const memory = tf.tensor3d(fixture.keys);
					const mask = tf.tensor2d(fixture.mask, undefined, "bool");
					const [context, alignment] = layer.apply([query, memory, mask]) as tf.Tensor[];
					expectClose(context as tf.Tensor, tf.tensor3d(fixture.expected_context), close);
					expectClose(alignment as tf.Tensor, tf.tensor3d(fixture.expected_attention), close);

					const lengths = tf.tensor1d(
						fixture.mask.map((row) => row.filter(Boolean).length),
						"int32",
					);
					let state = layer.setUp(memory, lengths);
					tf.unstack(query, 1).forEach((question, t) => {
						const step = layer.step(question as tf.Tensor2D, state);
						state = step.state;
						const at = (all: tf.Tensor | undefined): tf.Tensor =>
							tf.squeeze(tf.slice(all as tf.Tensor, [0, t], [-1, 1]), [1]);
						expectClose(step.context, at(context), { label: `context of step ${t}` });
						expectClose(step.alignment, at(alignment), { label: `alignment of step ${t}` });
					});
					return context as tf.Tensor;
				}),
			);
		});
	});
});
