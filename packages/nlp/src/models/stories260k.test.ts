import { readFileSync } from "node:fs";
import { join } from "node:path";
import { captureAttention, disposeAttention } from "@heed/layers";
import { describeOnEveryBackend, expectClose, readSafetensors, sharedPath } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { greedyDecode } from "../decode/greedy-decode.ts";
import { decoderLMFromLlama } from "../import/decoder-lm-from-llama.ts";
import { decoderLMFromLlama2c } from "../import/decoder-lm-from-llama2c.ts";
import { Llama2cTokenizer } from "../text/llama2c-tokenizer.ts";
import type { DecoderLM } from "./decoder-lm.ts";

interface Reference {
	readonly ids_greedy_200: number[];
	readonly logits_pos15: number[];
	readonly logits_pos0_first8: number[];
	/** The last layer's weights, `[head 8][16][16]`, rounded to 4 digits. */
	readonly attention_layer4_first16: number[][][];
}

const folder = sharedPath("data", "stories260k");
const read = (name: string): Buffer => readFileSync(join(folder ?? "", name));

const rules = { eos: null, never: [] } as const;
const fromBinary = (): DecoderLM => decoderLMFromLlama2c(read("stories260K.bin"));
function fromSafetensors(): DecoderLM {
	const tensors = readSafetensors(read("model.safetensors"));
	const options = { numHeads: 8, rotaryLayout: "interleaved", maxLength: 512 } as const;
	const { model } = decoderLMFromLlama(tensors, options);
	tf.dispose(tensors);
	return model;
}

describe.skipIf(folder === undefined)("stories260K", () => {
	describeOnEveryBackend("a trained Llama", (backend) => {
		const reference = JSON.parse(read("reference.json").toString()) as Reference;
		const expected = reference.ids_greedy_200;
		const text = read("expected-greedy-200.txt").toString().replace(/\n$/, "");

		it("tells the story of the reference, byte for byte", async () => {
			const before = tf.memory().numTensors;
			const model = fromBinary();
			expect(tf.memory().numTensors - before).toBe(model.weights.size);
			const [story] = await greedyDecode(model, { prompts: [[1]] }, { maxLength: 200, ...rules });
			expect([1, ...(story?.tokens ?? [])]).toEqual(expected);
			const tokenizer = Llama2cTokenizer.fromBinary(read("tok512.bin"));
			expect(tokenizer.decode([1, ...(story?.tokens ?? [])])).toBe(text);
			model.dispose();
			expect(tf.memory().numTensors).toBe(before);
		});

		it("is the same from either file, and goes on from prompts of different lengths", async () => {
			const [model, other] = [fromSafetensors(), fromBinary()];
			expect([...model.weights.keys()]).toEqual([...other.weights.keys()]);
			for (const [name, weight] of model.weights) {
				expectClose(weight, other.weights.get(name) as tf.Tensor, { atol: 0, label: name });
			}
			const prompts = [expected.slice(0, 2), expected.slice(0, 71), expected.slice(0, 23)];
			const stories = await greedyDecode(model, { prompts }, { maxLength: 15, ...rules });
			stories.forEach(({ tokens }, i) => {
				const length = prompts[i]?.length ?? 0;
				expect(tokens).toEqual(expected.slice(length, length + 15));
			});
			model.dispose();
			other.dispose();
		});

		it("tells it without a cache, too", () => {
			const model = fromBinary();
			const likeliest = (ids: readonly number[]): number[] =>
				tf.tidy(() => {
					const logits = model.logits(tf.tensor2d([[...ids]], undefined, "int32")); // [1, T, V]
					return Array.from(tf.argMax(logits, 2).dataSync());
				});
			expect(likeliest(expected.slice(0, -1))).toEqual(expected.slice(1));
			const ids = [1];
			const steps = backend === "cpu" ? 24 : 200;
			while (ids.length <= steps) ids.push(likeliest(ids).at(-1) as number);
			expect(ids).toEqual(expected.slice(0, steps + 1));
			model.dispose();
		});

		it("has the logits and the attention of the reference", () => {
			const model = fromBinary();
			const { result, records } = captureAttention(() =>
				tf.tidy(() => model.logits(tf.tensor2d([expected.slice(0, 16)], undefined, "int32"))),
			);
			expectClose(tf.slice(result, [0, 15, 0], [1, 1, -1]).dataSync(), reference.logits_pos15, {
				atol: 5e-5,
			});
			expectClose(tf.slice(result, [0, 0, 0], [1, 1, 8]).dataSync(), reference.logits_pos0_first8, {
				atol: 5e-5,
			});
			expect(records.map(({ layer }) => layer)).toEqual(
				[0, 1, 2, 3, 4].map((i) => `blocks/${i}/self_attention`),
			);
			const weights = reference.attention_layer4_first16.flat(2);
			expectClose(records[4]?.weights as tf.Tensor, weights, { atol: 5e-5 });
			expect(records[4]?.weights.shape).toEqual([1, 8, 16, 16]);
			result.dispose();
			disposeAttention(records);
			model.dispose();
		});
	});
});
