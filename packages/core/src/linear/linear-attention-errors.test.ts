import { expectNoLeak, randomTensor, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { linearAttention } from "./linear-attention.ts";
import type { LinearAttentionOptions } from "./linear-attention-options.ts";

describe("linearAttention", () => {
	useBackend("wasm");
	const q = (): tf.Tensor4D => randomTensor([2, 3, 7, 5], 1);
	const v = (): tf.Tensor4D => randomTensor([2, 3, 7, 4], 2);

	it("leaves nothing behind", () => {
		const [query, value] = [q(), v()];
		const keyLengths = tf.tensor1d([3, 7], "int32");
		for (const causal of [false, true]) {
			const options = { causal, keyLengths, chunkLength: 3 };
			expectNoLeak(() => linearAttention(query, query, value, options));
			expectNoLeak(() => {
				const { output, state } = linearAttention(query, query, value, { ...options, returnState: true });
				return [output, state.memory, state.keySum];
			});
			expectNoLeak(() =>
				tf.grad((x: tf.Tensor) => linearAttention(x as tf.Tensor4D, query, value, options))(query),
			);
		}
	});

	const withOptions = (options: object) => (): tf.Tensor4D =>
		linearAttention(q(), q(), v(), options as LinearAttentionOptions & { returnState?: false });
	it.each<[string, () => tf.Tensor, RegExp]>([
		[
			"another rank",
			() => linearAttention(tf.zeros([3, 7, 5]) as never, q(), v()),
			/query \[3, 7, 5\] has rank 3/,
		],
		[
			"other heads",
			() => linearAttention(q(), tf.zeros([2, 1, 7, 5]), v()),
			/key \[.*heads 1.*expected heads 3/,
		],
		[
			"another key length",
			() => linearAttention(q(), q(), tf.zeros([2, 3, 6, 4])),
			/value.*expected keyLength 7/,
		],
		["integers", () => linearAttention(q(), tf.zeros([2, 3, 7, 5], "int32"), v()), /key is int32/],
		[
			"causal keys of another length",
			() => linearAttention(tf.zeros([2, 3, 1, 5]), q(), v(), { causal: true }),
			/keyLength 7.*queryLength 1.*as many keys as queries.*`state`/,
		],
		["an unknown feature map", withOptions({ featureMap: "exp" }), /"exp".*'elu', 'relu', 'identity'/],
		["an unknown option", withOptions({ mask: true }), /`mask`.*`keyMask`/],
		["a chunk of nothing", withOptions({ chunkLength: 0 }), /`chunkLength` is 0/],
		["a float mask", () => withOptions({ keyMask: tf.ones([2, 7]) })(), /keyMask is float32; expected bool/],
		[
			"lengths of another batch",
			() => withOptions({ keyLengths: tf.ones([3], "int32") })(),
			/expected batch 2/,
		],
		[
			"numbers for another batch",
			withOptions({ keyLengths: [1, 2, 3] }),
			/`keyLengths` has 3 numbers.*item, 2/,
		],
		["a length beyond the keys", withOptions({ keyLengths: [1, 8] }), /`keyLengths` is 8.*at most 7/],
		[
			"one length for all",
			withOptions({ keyLengths: 3 }),
			/`keyLengths` is 3; expected one number per batch/,
		],
		[
			"a state of another size",
			() => withOptions({ state: { memory: tf.zeros([2, 3, 5, 5]), keySum: tf.zeros([2, 3, 5]) } })(),
			/state\.memory.*expected valueDim 4/,
		],
	])("refuses %s", (_, call, message) => {
		expect(() => tf.tidy(call)).toThrow(message);
		expectNoLeak(() => tf.tidy(call), { throws: true });
	});
});
