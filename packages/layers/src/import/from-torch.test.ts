import { describeOnEveryBackend, expectNoLeak, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { assignWeights } from "../parameters/assign-weights.ts";
import { Parameters } from "../parameters/parameters.ts";
import { multiHeadFromTorch, transformerEncoderLayerFromTorch } from "./from-torch.ts";

describeOnEveryBackend("weights from elsewhere", () => {
	it("names what is missing, and refuses what has no counterpart", () => {
		const state = { "a.in_proj_weight": tf.zeros([6, 2]), "a.bias_k": tf.zeros([1, 1, 2]) };
		expect(() => multiHeadFromTorch(state)).toThrow(
			/`q_proj_weight`, .*missing; the state has a.in_proj_weight, a.bias_k. Give the `prefix`/,
		);
		expect(() => multiHeadFromTorch(state, "a.")).toThrow(/`a.bias_k` adds a key/);
		expect(() => transformerEncoderLayerFromTorch({}, "b.")).toThrow(
			/`b.linear1.weight`.*the state has nothing/,
		);
		tf.dispose(state);
	});

	it("names what nobody would read", () => {
		const attention = { "a.in_proj_weight": tf.zeros([6, 2]), "a.out_proj.weight": tf.zeros([2, 2]) };
		const more = {
			...attention,
			"a.linear1.weight": tf.zeros([3, 2]),
			"b.out_proj.weight": tf.zeros([2, 2]),
		};
		expectNoLeak(() => multiHeadFromTorch(more, "a."), { throws: true });
		expect(() => multiHeadFromTorch(more, "a.")).toThrow("`a.linear1.weight` came and would not be read");
		tf.dispose(more);
	});

	it("leaves nothing behind, also when a part is missing", () => {
		const state = { in_proj_weight: tf.zeros([6, 2]), "out_proj.weight": tf.zeros([2, 2]) };
		expectNoLeak(() => multiHeadFromTorch(state));
		const wrong = tf.zeros([5]);
		expectNoLeak(() => multiHeadFromTorch({ ...state, in_proj_bias: wrong }), { throws: true });
		expect(() => multiHeadFromTorch({ ...state, in_proj_weight: wrong })).toThrow(/in_proj_weight \[.*5\]/);
		wrong.dispose();
		tf.dispose(state);
	});

	it("is assigned whole or not at all", () => {
		const parameters = new Parameters({ seed: 1 });
		const a = parameters.add<tf.Rank.R1>("a", [2], "zeros");
		parameters.add("b", [3], "zeros");
		const [two, three] = [randomTensor([2], 1), randomTensor([3], 2)];
		const assign = (values: Record<string, tf.Tensor>) => () => assignWeights(parameters.variables, values);
		expect(assign({ a: two })).toThrow(/no value came for `b`/);
		expect(assign({ a: two, b: three, c: two })).toThrow(/there is no weight `c`/);
		expect(assign({ a: two, b: two })).toThrow(/b \[axis 0 2\].*the weight/);
		expect([...a.dataSync()]).toEqual([0, 0]);
		assign({ a: two, b: three })();
		expect([...a.dataSync()]).toEqual([...two.dataSync()]);
		tf.dispose([two, three]);
		parameters.dispose();
	});
});
