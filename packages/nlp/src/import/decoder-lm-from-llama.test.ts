import { HeedError } from "@heed/core";
import { describeOnEveryBackend, expectClose, expectNoLeak } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import {
	attention,
	linear,
	type Matrix,
	makeState,
	matrix,
	plus,
	rmsNorm,
	rotateHalf,
	type State,
	silu,
	tensorsOf,
	type Values,
} from "../../test/plain-forward.ts";
import { decoderLMFromLlama } from "./decoder-lm-from-llama.ts";

const ids = [3, 7, 1, 9, 4];
const asTensor = (): tf.Tensor2D => tf.tensor2d([ids], undefined, "int32");
const [V, D, F] = [11, 6, 10];

function llamaShapes(): Record<string, number[]> {
	const shapes: Record<string, number[]> = {
		"model.embed_tokens.weight": [V, D],
		"model.norm.weight": [D],
		"lm_head.weight": [V, D],
	};
	for (const i of [0, 1]) {
		const layer = `model.layers.${i}`;
		for (const [name, to, from] of [
			["self_attn.q_proj", 16, D],
			["self_attn.k_proj", 8, D],
			["self_attn.v_proj", 8, D],
			["self_attn.o_proj", D, 16],
			["mlp.gate_proj", F, D],
			["mlp.up_proj", F, D],
			["mlp.down_proj", D, F],
		] as const) {
			shapes[`${layer}.${name}.weight`] = [to, from];
		}
		shapes[`${layer}.input_layernorm.weight`] = [D];
		shapes[`${layer}.post_attention_layernorm.weight`] = [D];
	}
	return shapes;
}

function llamaLogits(state: State, sees: (i: number, j: number) => boolean): Matrix {
	const w = (name: string): Values => state[name] as Values;
	let x = ids.map((id) => matrix(w("model.embed_tokens.weight"))[id] as number[]);
	for (const i of [0, 1]) {
		const layer = `model.layers.${i}`;
		const dense = (values: Matrix, name: string): Matrix => linear(values, w(`${layer}.${name}.weight`));
		const normed = rmsNorm(x, w(`${layer}.input_layernorm.weight`), 1e-5);
		const [q, k] = ["q", "k"].map((side) => rotateHalf(dense(normed, `self_attn.${side}_proj`), 4, 500)) as [
			Matrix,
			Matrix,
		];
		const attended = dense(attention(q, k, dense(normed, "self_attn.v_proj"), 4, sees), "self_attn.o_proj");
		x = x.map((values, t) => plus(values, attended[t] as number[]));
		const rest = rmsNorm(x, w(`${layer}.post_attention_layernorm.weight`), 1e-5);
		const up = dense(rest, "mlp.up_proj");
		const hidden = dense(rest, "mlp.gate_proj").map((values, t) =>
			values.map((g, f) => silu(g) * (up[t]?.[f] as number)),
		);
		const fed = dense(hidden, "mlp.down_proj");
		x = x.map((values, t) => plus(values, fed[t] as number[]));
	}
	return linear(rmsNorm(x, w("model.norm.weight"), 1e-5), w("lm_head.weight"));
}

const tolerance = { atol: 5e-5 };

describeOnEveryBackend("decoderLMFromLlama", () => {
	it.each([undefined, 2])("computes what the formulas say: Llama with the window %s", (slidingWindow) => {
		const state = makeState(llamaShapes(), 2);
		const tensors = new Map(Object.entries(tensorsOf(state)));
		tensors.set("model.layers.0.self_attn.rotary_emb.inv_freq", tf.ones([2]));
		const { model } = decoderLMFromLlama(tensors, { numHeads: 4, rotaryBase: 500, slidingWindow });
		const sees = (i: number, j: number): boolean => j <= i && j > i - (slidingWindow ?? 9);
		tf.tidy(() => {
			expectClose(model.logits(asTensor()), llamaLogits(state, sees).flat(), tolerance);
		});
		expect(model.config.tieOutput).toBe(false);
		model.dispose();
		tf.dispose([...tensors.values()]);
	});

	it("says what does not fit", () => {
		const tensors = tensorsOf(makeState(llamaShapes(), 2));
		const { "model.norm.weight": norm, ...rest } = tensors;
		expect(() => decoderLMFromLlama(rest, { numHeads: 4 })).toThrow("the file lacks `norm.weight`");
		expect(() => decoderLMFromLlama(tensors, { numHeads: 3 })).toThrow(
			"`numHeads` is 3; queries of 16 and keys of 8 features cannot be cut into such heads",
		);
		expect(() => decoderLMFromLlama(tensors, { numHeads: 4, rotaryLayout: "halves" as never })).toThrow(
			HeedError,
		);
		expect(() => decoderLMFromLlama(tensors, { numHeads: 4, slidingWindow: 0 })).toThrow(
			"`slidingWindow` is 0",
		);
		const biased = { ...tensors, "model.layers.0.self_attn.q_proj.bias": norm as tf.Tensor };
		const load = (): never => decoderLMFromLlama(biased, { numHeads: 4 }) as never;
		expect(load).toThrow("nobody reads `model.layers.0.self_attn.q_proj.bias`");
		expectNoLeak(load, { throws: true });
		tf.dispose(tensors);
	});

	it("ties the output of a file that has none, and norms queries and keys of one that says how", () => {
		const { "lm_head.weight": head, ...tensors } = tensorsOf(makeState(llamaShapes(), 2));
		for (const i of [0, 1]) {
			for (const side of ["q", "k"])
				tensors[`model.layers.${i}.self_attn.${side}_norm.weight`] = tf.fill([4], i + 2);
		}
		const { model } = decoderLMFromLlama(tensors, { numHeads: 4, maxLength: 9 });
		expect(model.config).toMatchObject({
			tieOutput: true,
			queryKeyNorm: true,
			numKeyValueHeads: 2,
			maxLength: 9,
		});
		expectClose(model.weights.get("blocks/1/self_attention/key_norm/gamma") as tf.Tensor, [3, 3, 3, 3]);
		model.dispose();
		tf.dispose([tensors, head]);
	});
});
