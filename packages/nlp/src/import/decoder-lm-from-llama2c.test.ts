import { HeedError } from "@heed/core";
import { describeOnEveryBackend, expectClose, expectNoLeak, randomSource } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { decoderLMFromLlama2c } from "./decoder-lm-from-llama2c.ts";

/** dim, hidden_dim, n_layers, n_heads, n_kv_heads, vocab_size, seq_len */
const header = [12, 7, 2, 3, 1, 11, 5];

/** A file of these sizes with random weights. */
function makeFile(sizes: readonly number[] = header): Uint8Array {
	const [dim = 0, hidden = 0, layers = 0, heads = 0, kv = 0, vocabulary = 0, length = 0] = sizes;
	const [size, keys] = [Math.abs(vocabulary), (dim / heads) * kv];
	const perLayer = 2 * dim + 2 * dim * dim + 2 * keys * dim + 3 * hidden * dim;
	const count =
		size * dim + layers * perLayer + dim + length * (dim / heads) + (vocabulary < 0 ? size * dim : 0);
	const random = randomSource(1);
	const values = Float32Array.from({ length: count }, () => random.normal());
	return Uint8Array.from([
		...new Uint8Array(Int32Array.from(sizes).buffer),
		...new Uint8Array(values.buffer),
	]);
}

/** The file with another number in its header. */
const withSize = (at: number, value: number): Uint8Array => {
	const file = makeFile();
	new DataView(file.buffer).setInt32(4 * at, value, true);
	return file;
};

describeOnEveryBackend("decoderLMFromLlama2c", () => {
	it("reads a file of either kind, wherever it stands in memory", () => {
		for (const vocabulary of [11, -11]) {
			const file = makeFile(header.map((size, i) => (i === 5 ? vocabulary : size)));
			const shifted = new Uint8Array(file.length + 3);
			shifted.set(file, 3);
			const values = new Float32Array(file.slice(28).buffer);
			for (const buffer of [file, file.buffer, shifted.subarray(3), Buffer.from(file)] as Uint8Array[]) {
				const before = tf.memory().numTensors;
				const model = decoderLMFromLlama2c(buffer);
				expect(tf.memory().numTensors - before).toBe(model.weights.size);
				expect(model.config).toMatchObject({
					...{ vocabularySize: 11, modelDim: 12, hiddenDim: 7, layers: 2, numHeads: 3, numKeyValueHeads: 1 },
					...{ maxLength: 5, tieOutput: vocabulary > 0, norm: "rms", epsilon: 1e-5 },
					positions: { kind: "rotary", layout: "interleaved", base: 10000 },
				});
				expectClose(model.weights.get("embedding") as tf.Tensor, values.subarray(0, 132), { atol: 0 });
				const output = model.weights.get("output/kernel");
				if (vocabulary > 0) expect(output).toBeUndefined();
				else {
					tf.tidy(() => {
						const rows = tf.transpose(tf.tensor2d(values.slice(-132), [11, 12]));
						expectClose(output as tf.Tensor, rows, { atol: 0 });
					});
				}
				model.dispose();
				expect(tf.memory().numTensors).toBe(before);
			}
		}
	});

	it.each([
		[() => makeFile().subarray(0, -4), /the file has \d+ bytes; expected \d+, by its sizes \(dim 12,/],
		[() => Uint8Array.from([...makeFile(), 0, 0, 0, 0]), /the file has \d+ bytes; expected \d+/],
		[() => makeFile().subarray(0, 27), "the file has 27 bytes; its sizes alone take 28"],
		[() => new Uint8Array(0), "the file has 0 bytes"],
		[() => withSize(5, -11), /the file has \d+ bytes; expected \d+/],
		[() => withSize(0, 0), "dim is 0; expected a size"],
		[() => withSize(2, -2), "n_layers is -2; expected a size"],
		[() => withSize(6, 2 ** 30), "seq_len is 1073741824; expected a size"],
		[() => withSize(3, 5), "dim 12, n_heads 5 and n_kv_heads 1 do not go together"],
		[() => withSize(4, 2), "n_kv_heads 2 do not go together"],
		[() => withSize(0, 0x616b3432), "the file is of version 7 of the format; expected version 0"],
		[() => "file" as never, "`buffer` is file; expected an ArrayBuffer or a Uint8Array"],
	])("refuses what is no such file: %#", (make, message) => {
		const load = (): never => decoderLMFromLlama2c(make()) as never;
		expect(load).toThrow(message);
		expect(load).toThrow(HeedError);
		expectNoLeak(load, { throws: true });
	});
});
