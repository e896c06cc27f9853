import { HeedError } from "@heed/core";
import { describeOnEveryBackend, expectClose, expectNoLeak } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import {
	attention,
	conv1d,
	gelu,
	geluNew,
	layerNorm,
	linear,
	type Matrix,
	makeState,
	matrix,
	plus,
	type State,
	tensorsOf,
	type Values,
} from "../../test/plain-forward.ts";
import { decoderLMFromGpt2 } from "./decoder-lm-from-gpt2.ts";

const ids = [3, 7, 1, 9, 4];
const asTensor = (): tf.Tensor2D => tf.tensor2d([ids], undefined, "int32");
const [V, D, F, M] = [11, 6, 10, 7];
const causal = (i: number, j: number): boolean => j <= i;

function gpt2Shapes(prefix: string, conv: boolean, bias: boolean): Record<string, number[]> {
	const shapes: Record<string, number[]> = {
		[`${prefix}wte.weight`]: [V, D],
		[`${prefix}wpe.weight`]: [M, D],
	};
	const norm = (name: string): void => {
		shapes[`${prefix}${name}.weight`] = [D];
		if (bias) shapes[`${prefix}${name}.bias`] = [D];
	};
	for (const i of [0, 1]) {
		for (const [name, from, to] of [
			["attn.c_attn", D, 3 * D],
			["attn.c_proj", D, D],
			["mlp.c_fc", D, F],
			["mlp.c_proj", F, D],
		] as const) {
			shapes[`${prefix}h.${i}.${name}.weight`] = conv ? [from, to] : [to, from];
			if (bias) shapes[`${prefix}h.${i}.${name}.bias`] = [to];
		}
		norm(`h.${i}.ln_1`);
		norm(`h.${i}.ln_2`);
	}
	norm("ln_f");
	return shapes;
}

function gpt2Logits(state: State, prefix: string, conv: boolean): Matrix {
	const w = (name: string): Values => state[`${prefix}${name}`] as Values;
	const dense = (x: Matrix, name: string): Matrix =>
		(conv ? conv1d : linear)(x, w(`${name}.weight`), w(`${name}.bias`));
	const norm = (x: Matrix, name: string): Matrix =>
		layerNorm(x, w(`${name}.weight`), w(`${name}.bias`), 1e-5);
	let x = ids.map((id, t) =>
		plus(matrix(w("wte.weight"))[id] as number[], matrix(w("wpe.weight"))[t] as number[]),
	);
	for (const i of [0, 1]) {
		const qkv = dense(norm(x, `h.${i}.ln_1`), `h.${i}.attn.c_attn`);
		const [q, k, v] = [0, 1, 2].map((n) => qkv.map((values) => values.slice(n * D, (n + 1) * D))) as [
			Matrix,
			Matrix,
			Matrix,
		];
		const attended = dense(attention(q, k, v, 2, causal), `h.${i}.attn.c_proj`);
		x = x.map((values, t) => plus(values, attended[t] as number[]));
		const hidden = dense(norm(x, `h.${i}.ln_2`), `h.${i}.mlp.c_fc`).map((values) =>
			values.map(conv ? geluNew : gelu),
		);
		const fed = dense(hidden, `h.${i}.mlp.c_proj`);
		x = x.map((values, t) => plus(values, fed[t] as number[]));
	}
	return linear(norm(x, "ln_f"), w("wte.weight"));
}

const tolerance = { atol: 5e-5 };

describeOnEveryBackend("decoderLMFromGpt2", () => {
	it.each([
		["Hugging Face's GPT-2", "transformer.", true, true],
		["nanoGPT's", "_orig_mod.transformer.", false, true],
		["nanoGPT's without biases", "transformer.", false, false],
		["Hugging Face's GPT-2 without a prefix", "", true, true],
	])("computes what the formulas say: %s", (_, prefix, conv, bias) => {
		const state = makeState(gpt2Shapes(prefix, conv, bias), 1);
		const tensors: Record<string, tf.Tensor> = {
			...tensorsOf(state),
			[`${prefix}h.0.attn.${conv ? "masked_bias" : "bias"}`]: tf.ones([1, 1, M, M]), // for nanoGPT's, a bias only by name
			[`${prefix.replace("transformer.", "")}lm_head.weight`]: tf.zeros([V, D]),
		};
		const before = tf.memory().numTensors;
		const { model, missing, unused } = decoderLMFromGpt2(tensors, { numHeads: 2 });
		expect([missing, unused]).toEqual([[], []]);
		expect(tf.memory().numTensors - before).toBe(model.weights.size);
		tf.tidy(() => {
			expectClose(model.logits(asTensor()), gpt2Logits(state, prefix, conv).flat(), tolerance);
		});
		expect(model.config.maxLength).toBe(M);
		model.dispose();
		tf.dispose(tensors);
	});

	it("says what is missing, unused or of the wrong shape, and leaves nothing behind", () => {
		const make = (): Record<string, tf.Tensor> =>
			tensorsOf(makeState(gpt2Shapes("transformer.", true, true), 1));
		const wrong: [(tensors: Record<string, tf.Tensor>) => Record<string, tf.Tensor>, string][] = [
			[({ "transformer.h.1.ln_2.bias": _, ...rest }) => rest, "the file lacks `h.1.ln_2.bias`"],
			[
				(all) => ({ ...all, "transformer.h.0.ln_3.bias": tf.ones([D]) }),
				"nobody reads `transformer.h.0.ln_3.bias`",
			],
			[
				(all) => ({ ...all, "wte.weight": tf.ones([V, D]) }),
				"`transformer.wte.weight` and `wte.weight` are the same weight",
			],
			[
				(all) => ({ ...all, "transformer.h.1.mlp.c_fc.weight": tf.ones([F, D]) }),
				"`transformer.h.1.mlp.c_fc.weight` is [10, 6]; expected [6, 10]",
			],
			[
				(all) => ({ ...all, "transformer.ln_f.bias": tf.ones([D], "int32") }),
				"`transformer.ln_f.bias` is int32; expected float32",
			],
			[
				(all) => ({ ...all, "transformer.wpe.weight": tf.ones([M]) }),
				"`transformer.wpe.weight` [7] has rank 1; expected [positions, dim]",
			],
			[
				() => ({ "model.weight": tf.ones([1]) }),
				"there is no `wte.weight`. It has `model.weight`. Is this the right kind of file?",
			],
			[() => ({}), "there is no `wte.weight`. It has no weights at all"],
			[() => ({ wte: 3 }) as never, "`wte` is 3; expected a tensor"],
			[() => null as never, "`tensors` is null; expected tensors by name"],
		];
		for (const [spoil, message] of wrong) {
			const load = (): never => tf.tidy(() => decoderLMFromGpt2(spoil(make()), { numHeads: 2 }) as never);
			expect(load, message).toThrow(message);
			expect(load).toThrow(HeedError);
			expectNoLeak(load, { throws: true });
		}
		const tensors = make();
		expect(() => decoderLMFromGpt2(tensors, { numHeads: 4 })).toThrow(
			"`numHeads` is 4; 6 features cannot be cut",
		);
		expect(() => decoderLMFromGpt2(tensors, { numHeads: 2, activation: "gelu_new" as never })).toThrow(
			"gelu_new",
		);
		expect(() => decoderLMFromGpt2(tensors, { heads: 2 } as never)).toThrow("unknown option `heads`");
		tf.dispose(tensors);
	});

	it("loads what there is when it need not be all", () => {
		const { "transformer.h.1.ln_2.bias": left, ...rest } = tensorsOf(
			makeState(gpt2Shapes("transformer.", true, true), 1),
		);
		const tensors: Record<string, tf.Tensor> = { ...rest, "transformer.extra": tf.ones([2]) };
		const { model, missing, unused } = decoderLMFromGpt2(tensors, { numHeads: 2, strict: false });
		expect(missing).toEqual(["h.1.ln_2.bias"]);
		expect(unused).toEqual(["transformer.extra"]);
		expectClose(model.weights.get("blocks/1/feed_forward_norm/beta") as tf.Tensor, new Array(D).fill(0));
		expectClose(model.weights.get("embedding") as tf.Tensor, tensors["transformer.wte.weight"] as tf.Tensor, {
			atol: 0,
		});
		model.dispose();
		// The caller's tensors are its own.
		expect((tensors["transformer.wte.weight"] as tf.Tensor).dataSync().length).toBe(V * D);
		tf.dispose([tensors, left]);
	});
});
