import { describeOnEveryBackend, expectClose, expectNoLeak, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import type { Seq2SeqBatch } from "../models/seq2seq-batch.ts";
import { Transformer } from "../models/transformer.ts";
import { transformerFromCTranslate2 } from "./transformer-from-ctranslate2.ts";
import { transformerFromJoeyNmt } from "./transformer-from-joeynmt.ts";

const [vocabulary, dim, hidden] = [7, 6, 5];

/** Random weights of JoeyNMT's Transformer: one layer on each side. */
function joeyFile(preNorm: boolean): Record<string, tf.Tensor> {
	const file: Record<string, tf.Tensor> = {};
	const add = (name: string, ...shape: number[]): void => {
		file[name] = randomTensor(shape, Object.keys(file).length + 1);
	};
	const linear = (name: string, out: number, from: number): void => {
		add(`${name}.weight`, out, from);
		add(`${name}.bias`, out);
	};
	const norm = (name: string): void => {
		add(`${name}.weight`, dim);
		add(`${name}.bias`, dim);
	};
	add("src_embed.lut.weight", vocabulary, dim);
	add("trg_embed.lut.weight", vocabulary, dim);
	add("decoder.output_layer.weight", vocabulary, dim);
	for (const [side, attentions, norms] of [
		["encoder", ["src_src_att"], ["layer_norm"]],
		["decoder", ["trg_trg_att", "src_trg_att"], ["x_layer_norm", "dec_layer_norm"]],
	] as const) {
		for (const attention of attentions) {
			for (const part of ["k", "v", "q", "output"])
				linear(`${side}.layers.0.${attention}.${part}_layer`, dim, dim);
		}
		for (const name of [...norms, "feed_forward.layer_norm"]) norm(`${side}.layers.0.${name}`);
		linear(`${side}.layers.0.feed_forward.pwff_layer.0`, hidden, dim);
		linear(`${side}.layers.0.feed_forward.pwff_layer.3`, dim, hidden);
		if (preNorm) norm(`${side}.layer_norm`);
		file[`${side}.pe.pe`] = tf.zeros([1, 3, dim]);
	}
	return file;
}

/** The same model with CTranslate2's names. */
function toCTranslate2(joey: Record<string, tf.Tensor>): Record<string, tf.Tensor> {
	const file: Record<string, tf.Tensor> = {};
	const stack = (to: string, ...from: string[]): void => {
		for (const kind of ["weight", "bias"]) {
			file[`${to}/${kind}`] = tf.concat(from.map((name) => joey[`${name}.${kind}`] as tf.Tensor));
		}
	};
	const norm = (to: string, from: string): void => {
		if (joey[`${from}.weight`] === undefined) return;
		file[`${to}/layer_norm/gamma`] = joey[`${from}.weight`] as tf.Tensor;
		file[`${to}/layer_norm/beta`] = joey[`${from}.bias`] as tf.Tensor;
	};
	file["encoder/embeddings_0/weight"] = joey["src_embed.lut.weight"] as tf.Tensor;
	file["decoder/embeddings/weight"] = joey["trg_embed.lut.weight"] as tf.Tensor;
	file["decoder/projection/weight"] = joey["decoder.output_layer.weight"] as tf.Tensor;
	for (const [side, self, selfNorm] of [
		["encoder", "src_src_att", "layer_norm"],
		["decoder", "trg_trg_att", "x_layer_norm"],
	] as const) {
		const [to, from] = [`${side}/layer_0`, `${side}.layers.0`];
		stack(`${to}/self_attention/linear_0`, ...["q", "k", "v"].map((part) => `${from}.${self}.${part}_layer`));
		stack(`${to}/self_attention/linear_1`, `${from}.${self}.output_layer`);
		norm(`${to}/self_attention`, `${from}.${selfNorm}`);
		stack(`${to}/ffn/linear_0`, `${from}.feed_forward.pwff_layer.0`);
		stack(`${to}/ffn/linear_1`, `${from}.feed_forward.pwff_layer.3`);
		norm(`${to}/ffn`, `${from}.feed_forward.layer_norm`);
		norm(side, `${side}.layer_norm`);
	}
	const [to, from] = ["decoder/layer_0/attention", "decoder.layers.0.src_trg_att"];
	stack(`${to}/linear_0`, `${from}.q_layer`);
	stack(`${to}/linear_1`, `${from}.k_layer`, `${from}.v_layer`);
	stack(`${to}/linear_2`, `${from}.output_layer`);
	norm(to, "decoder.layers.0.dec_layer_norm");
	return file;
}

const batch = (): Seq2SeqBatch => ({
	source: tf.tensor2d([[5, 3, 4]], undefined, "int32"),
	sourceLengths: tf.tensor1d([3], "int32"),
	target: tf.tensor2d([[1, 4, 6, 2]], undefined, "int32"),
	targetLengths: tf.tensor1d([4], "int32"),
});

describeOnEveryBackend("transformerFromJoeyNmt and transformerFromCTranslate2", () => {
	it.each([true, false])("make the same model of the same weights, whose norms come first: %s", (preNorm) => {
		const joey = joeyFile(preNorm);
		const one = transformerFromJoeyNmt(joey, { numHeads: 3, scaleEmbedding: true });
		const positions = { kind: "sinusoidal" } as const;
		const two = transformerFromCTranslate2(toCTranslate2(joey), { numHeads: 3, positions });
		expect(one.model.config.normFirst).toBe(preNorm);
		expect(two.model.config).toEqual(one.model.config);
		for (const [name, weight] of one.model.weights) {
			expectClose(two.model.weights.get(name) as tf.Tensor, weight, { atol: 0, label: name });
		}
		expectClose(two.model.logits(batch()), one.model.logits(batch()), { atol: 0 });
		// What is imported is the file's, not a fresh weight.
		expectClose(
			one.model.weights.get("decoder/0/cross_attention/value/kernel") as tf.Tensor,
			tf.transpose(joey["decoder.layers.0.src_trg_att.v_layer.weight"] as tf.Tensor),
			{ atol: 0 },
		);
	});

	it("tie what the file has twice", () => {
		const joey = joeyFile(true);
		joey["decoder.output_layer.weight"] = joey["trg_embed.lut.weight"] as tf.Tensor;
		const plain = transformerFromJoeyNmt(joey, { numHeads: 2 }).model;
		const tied = transformerFromJoeyNmt(joey, { numHeads: 2, tie: "target" }).model;
		expect(tied.weights.size).toBe(plain.weights.size - 1);
		expectClose(tied.logits(batch()), plain.logits(batch()), { atol: 1e-5 });
		joey["src_embed.lut.weight"] = joey["trg_embed.lut.weight"] as tf.Tensor;
		const both = transformerFromJoeyNmt(joey, { numHeads: 2 }).model;
		const all = transformerFromJoeyNmt(joey, { numHeads: 2, tie: "all" }).model;
		expectClose(all.logits(batch()), both.logits(batch()), { atol: 1e-5 });
		const { "decoder/projection/weight": _, ...shared } = toCTranslate2(joey);
		expect(transformerFromCTranslate2(shared, { numHeads: 2 }).model.config.tie).toBe("target");
	});

	it("say what is missing and unused, and leave nothing behind", () => {
		const { "encoder.layer_norm.bias": _, ...rest } = joeyFile(true);
		const odd = { ...rest, "encoder.extra": tf.zeros([1]) };
		const refused = (): unknown => transformerFromJoeyNmt(odd, { numHeads: 3 });
		expect(refused).toThrow("the file lacks `encoder.layer_norm.bias`; nobody reads `encoder.extra`");
		expectNoLeak(refused as never, { throws: true });
		const { model, missing, unused } = transformerFromJoeyNmt(new Map(Object.entries(odd)), {
			...{ numHeads: 3, strict: false },
		});
		expect([missing, unused]).toEqual([["encoder.layer_norm.bias"], ["encoder.extra"]]);
		expect(model).toBeInstanceOf(Transformer);
		model.dispose();
		const wrong = { ...joeyFile(true), "decoder.layers.0.src_trg_att.v_layer.weight": tf.zeros([dim, 4]) };
		const misshapen = (): unknown => transformerFromJoeyNmt(wrong, { numHeads: 3 });
		expect(misshapen).toThrow("`decoder.layers.0.src_trg_att.v_layer.weight` is [6, 4]; expected [6, 6]");
		expectNoLeak(misshapen as never, { throws: true });
		expectNoLeak(() => transformerFromJoeyNmt(rest, { numHeads: 4, strict: false }) as never, {
			throws: true,
		});
		expect(() => transformerFromJoeyNmt(rest, {} as never)).toThrow("`numHeads` is undefined");
		expect(() => transformerFromJoeyNmt(rest, { numHeads: 3, tie: "both" } as never)).toThrow(
			'`tie` is "both"',
		);
		expect(() => transformerFromJoeyNmt({}, { numHeads: 3 })).toThrow("there is no `src_embed.lut.weight`");
		expect(() => transformerFromCTranslate2({}, { numHeads: 3 })).toThrow(
			"there is no `encoder.embeddings.weight`",
		);
		expect(() => transformerFromCTranslate2(null as never, { numHeads: 3 })).toThrow("`tensors` is null");
		expect(() => transformerFromCTranslate2({}, { heads: 3 } as never)).toThrow("unknown option `heads`");
	});
});
