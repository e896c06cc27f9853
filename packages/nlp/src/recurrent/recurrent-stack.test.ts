import { captureAttention, disposeAttention, Parameters } from "@heed/layers";
import { describeOnEveryBackend, expectClose, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { RecurrentEncoder, type RecurrentEncoderOptions } from "./recurrent-encoder.ts";

const small = { vocabularySize: 11, embeddingSize: 3, units: 5, layers: 2 };
const kinds: [string, Partial<RecurrentEncoderOptions>][] = [
	["QRNN", { cell: "qrnn" }],
	["GRU, self-attention", { selfAttention: { heads: 2 } }],
	[
		"QRNN, one direction, self-attention alone",
		{ cell: "qrnn", bidirectional: false, selfAttention: { heads: 5, residual: false } },
	],
];

function make(more: Partial<RecurrentEncoderOptions>): { encoder: RecurrentEncoder; parameters: Parameters } {
	const parameters = new Parameters({ seed: 2 });
	const encoder = new RecurrentEncoder(parameters, { ...small, ...more });
	let seed = 20;
	for (const variable of parameters.variables.values()) {
		variable.assign(tf.tidy(() => randomTensor(variable.shape, seed++, 0.6)));
	}
	return { encoder, parameters };
}

const ids = (pad = 0): tf.Tensor2D => tf.tensor2d([4, 5, pad, pad, 7, 8, 9, 4], [2, 4], "int32");

describeOnEveryBackend("recurrent layers with cells and attention of all kinds", () => {
	it.each(kinds)("encode a sentence as they would alone, whatever pads it: %s", (_, more) => {
		const { encoder, parameters } = make(more);
		tf.tidy(() => {
			const lengths = tf.tensor1d([2, 4], "int32");
			const both = encoder.encode(ids(), lengths);
			const alone = encoder.encode(tf.tensor2d([4, 5], [1, 2], "int32"));
			expect(both.memory.shape).toEqual([2, 4, encoder.memorySize]);
			expectClose(tf.slice(both.memory, [0, 0, 0], [1, 2, -1]), alone.memory, { atol: 1e-5 });
			const past = tf.slice(both.memory, [0, 2, 0], [1, 2, -1]);
			expectClose(past, new Array(past.size).fill(0), { atol: 0 });
			expect([...encoder.encode(ids(10), lengths).memory.dataSync()]).toEqual([...both.memory.dataSync()]);
			both.state.flat(2).forEach((part, i) => {
				expectClose(tf.slice(part, [0, 0], [1, -1]), alone.state.flat(2)[i] as tf.Tensor, { atol: 1e-5 });
			});
			const empty = encoder.encode(ids(), tf.tensor1d([0, 4], "int32")).memory;
			expectClose(tf.slice(empty, 0, 1), new Array(4 * encoder.memorySize).fill(0), { atol: 0 });
		});
		parameters.dispose();
	});

	it.each(kinds)("have a gradient for every weight: %s", (_, more) => {
		const { encoder, parameters } = make(more);
		tf.tidy(() => {
			const lengths = tf.tensor1d([2, 4], "int32");
			const weigh = randomTensor([2, 4, encoder.memorySize], 5);
			const loss = (): tf.Scalar =>
				tf.tidy(() => tf.sum(tf.mul(encoder.encode(ids(), lengths).memory, weigh)));
			const { grads } = tf.variableGrads(loss, [...parameters.variables.values()]);
			for (const [name, variable] of parameters.variables) {
				const gradient = grads[variable.name] as tf.Tensor;
				const norm = Number(tf.norm(gradient).dataSync()[0]);
				// A bias of the keys shifts all scores of a query alike.
				if (name.endsWith("key/bias")) {
					expect(norm, name).toBeLessThan(1e-4);
					continue;
				}
				expect(norm, name).toBeGreaterThan(1e-2);
				const start = tf.clone(variable);
				const at = (shift: number): number => {
					variable.assign(tf.add(start, tf.mul(gradient, shift / norm)));
					return Number(loss().dataSync()[0]);
				};
				const numeric = (at(1e-2) - at(-1e-2)) / 2e-2;
				variable.assign(start);
				expect(Math.abs(norm - numeric), name).toBeLessThan(0.02 * norm + 1e-3);
			}
		});
		parameters.dispose();
	});

	it("add what attention finds, or put it in place of the outputs", () => {
		const [plain, added, replaced] = [
			make({ layers: 1 }),
			make({ layers: 1, selfAttention: { heads: 2 } }),
			make({ layers: 1, selfAttention: { heads: 2, residual: false } }),
		];
		tf.tidy(() => {
			const [a, b, c] = [plain, added, replaced].map(({ encoder }) => encoder.encode(ids()).memory);
			expectClose(tf.sub(b as tf.Tensor, c as tf.Tensor), a as tf.Tensor, { atol: 1e-5 });
		});
		for (const { parameters } of [plain, added, replaced]) parameters.dispose();
	});

	it("record where each layer looked", () => {
		const { encoder, parameters } = make({ selfAttention: { heads: 2 } });
		tf.tidy(() => {
			const lengths = tf.tensor1d([2, 4], "int32");
			const { records } = captureAttention(() => encoder.encode(ids(), lengths).memory);
			expect(records.map(({ layer, weights }) => [layer, weights.shape])).toEqual([
				["0/attention", [2, 2, 4, 4]],
				["1/attention", [2, 2, 4, 4]],
			]);
			const past = tf.slice(records[0]?.weights as tf.Tensor, [0, 0, 0, 2], [1, 2, 4, 2]);
			expectClose(past, new Array(16).fill(0), { atol: 0 });
			disposeAttention(records);
		});
		expect([...parameters.variables.keys()]).toContain("1/attention/query/kernel");
		parameters.dispose();
	});

	it.each([
		[{ selfAttention: { heads: 3 } }, /`selfAttention.heads` is 3, which does not divide the 10 outputs/],
		[{ selfAttention: { heads: 0 } }, /`selfAttention.heads` is 0/],
		[{ selfAttention: { head: 1 } }, /selfAttention: unknown option `head`/],
		[{ selfAttention: null }, /the options are null/],
		[{ cell: "rnn" }, /`cell` is "rnn"; expected 'gru', 'lstm', 'qrnn'/],
	])("refuse %j before they make a weight", (wrong, message) => {
		const parameters = new Parameters();
		expect(() => new RecurrentEncoder(parameters, { ...small, ...wrong } as never)).toThrow(message);
		expect(parameters.variables.size).toBe(0);
	});
});
