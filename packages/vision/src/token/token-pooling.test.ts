import { captureAttention, disposeAttention, namedWeights } from "@heed/layers";
import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { input, model, type SymbolicTensor } from "@tensorflow/tfjs-layers";
import { expect, it } from "vitest";
import { expectWeightGradients } from "../../test/expect-weight-gradients.ts";
import { stirWeights } from "../../test/plain-layers.ts";
import { dense, sum } from "../../test/plain-numbers.ts";
import { saveAndLoad } from "../../test/save-and-load.ts";
import { type TokenPoolingArgs, tokenPooling } from "./token-pooling.ts";

const [batch, length, features, numHeads, hiddenDim] = [2, 5, 6, 3, 7];
const tokens = (): tf.Tensor3D => randomTensor<tf.Rank.R3>([batch, length, features], 2);
const make = (more: TokenPoolingArgs = {}) =>
	tokenPooling({ pool: "attention", numHeads, seed: 1, name: "head", ...more });

/** A layer whose weights are off their first values. */
function stirred(more: TokenPoolingArgs = {}): ReturnType<typeof make> {
	const layer = make(more);
	layer.build([null, null, features]);
	stirWeights(layer);
	return layer;
}

/** The exact GELU, by Simpson's rule over the density. */
const gelu = (x: number): number => {
	const steps = 200;
	const at = (i: number): number => Math.exp(-(((x * i) / steps) ** 2) / 2);
	const inner = Array.from({ length: steps - 1 }, (_, i) => (i % 2 === 0 ? 4 : 2) * at(i + 1));
	return x * (0.5 + ((x / steps / 3) * (at(0) + sum(inner) + at(steps))) / Math.sqrt(2 * Math.PI));
};

describeOnEveryBackend("tokenPooling by attention", () => {
	it.each([0, hiddenDim])("is multi-head attention of one query, hiddenDim %i", (hidden) => {
		tf.tidy(() => {
			const layer = stirred({ hiddenDim: hidden, returnAttention: true });
			const of = Object.fromEntries([...namedWeights(layer)].map(([path, w]) => [path, [...w.dataSync()]]));
			const each = features / numHeads;
			const query = dense(of, "query", of.latent ?? []);
			const expected = tokens()
				.arraySync()
				.map((rows) => {
					const [keys, values] = ["key", "value"].map((path) => rows.map((row) => dense(of, path, row)));
					const maps = Array.from({ length: numHeads }, (_, h) => {
						const own = (row: readonly number[] = []): number[] => row.slice(h * each, (h + 1) * each);
						const powers = (keys ?? []).map((key) =>
							Math.exp(sum(own(key).map((v, i) => v * (own(query)[i] ?? 0))) / Math.sqrt(each)),
						);
						return powers.map((power) => power / sum(powers));
					});
					const seen = Array.from({ length: features }, (_, c) =>
						sum(rows.map((_row, t) => (maps[Math.floor(c / each)]?.[t] ?? 0) * (values?.[t]?.[c] ?? 0))),
					);
					const out = dense(of, "attention_output", seen);
					if (hidden === 0) return { maps, y: out };
					const mean = sum(out) / features;
					const deviation = Math.sqrt(sum(out.map((v) => (v - mean) ** 2)) / features + 1e-6);
					const unit = out.map(
						(v, c) => ((v - mean) / deviation) * (of["norm/gamma"]?.[c] ?? 0) + (of["norm/beta"]?.[c] ?? 0),
					);
					const more = dense(of, "feed_forward/out", dense(of, "feed_forward/in", unit).map(gelu));
					return { maps, y: out.map((v, c) => v + (more[c] ?? 0)) };
				});
			const { result, records } = captureAttention(() => layer.apply(tokens()));
			const [output, map] = result as [tf.Tensor, tf.Tensor];
			expectClose(
				output,
				expected.flatMap(({ y }) => y),
				{ atol: 1e-5 },
			);
			expectClose(
				map,
				expected.flatMap(({ maps }) => maps.flat()),
			);
			expect(records.map(({ layer: name, weights }) => [name, weights.shape])).toEqual([
				["head", [batch, numHeads, 1, length]],
			]);
			expect(layer.computeOutputShape([null, null, features])).toEqual([
				[null, features],
				[null, numHeads, null],
			]);
			disposeAttention(records);
			const c = features;
			const network = hidden === 0 ? 0 : 2 * c * hidden + 3 * c + hidden;
			expect(layer.countParams()).toBe(4 * c * c + 5 * c + network);
			const one = stirred({ hiddenDim: hidden });
			expectGradientsMatch((x) => one.apply(x as tf.Tensor) as tf.Tensor, [tokens()], { coordinates: 8 });
			expectWeightGradients(one, () => one.apply(tokens()) as tf.Tensor);
			expect([...(one.apply(tf.ones([1, 1, features])) as tf.Tensor).dataSync()].every(Number.isFinite)).toBe(
				true,
			);
		});
	});

	it("does not see masked tokens, NaN included, and gives zeros where none counts", () => {
		tf.tidy(() => {
			const layer = stirred({ hiddenDim });
			const mask = tf.tensor2d(
				[
					[1, 0, 1, 1, 0],
					[0, 0, 0, 0, 0],
				],
				[batch, length],
				"bool",
			);
			const filled = (value: number): tf.Tensor =>
				tf.where(tf.expandDims(mask, 2), tokens(), tf.fill([batch, length, features], value));
			const run = (x: tf.Tensor): tf.Tensor => layer.apply([x, mask]) as tf.Tensor;
			const spoilt = run(filled(Number.NaN));
			expect([...spoilt.dataSync()]).toEqual([...run(filled(3)).dataSync()]);
			expectClose(tf.slice(spoilt, [1, 0], [1, features]), new Array(features).fill(0), { atol: 0 });
			const few = tf.gather(tf.slice(tokens(), 0, 1), [0, 2, 3], 1);
			expectClose(tf.slice(spoilt, 0, 1), layer.apply(few) as tf.Tensor);
			const gradient = tf.grad((x: tf.Tensor) => tf.sum(tf.square(run(x))))(filled(Number.NaN));
			const lost = tf.where(tf.expandDims(mask, 2), tf.zerosLike(gradient), gradient);
			expectClose(lost, new Array(lost.size).fill(0), { atol: 0 });
		});
	});

	it("trains, saves and loads, and leaves nothing behind", async () => {
		const x = input({ shape: [null, features] });
		const network = model({ inputs: x, outputs: make({ hiddenDim }).apply(x) as SymbolicTensor });
		const [data, target] = [tokens(), randomTensor([batch, features], 5)];
		network.compile({ optimizer: tf.train.adam(0.02), loss: "meanSquaredError" });
		const { history } = await network.fit(data, target, { epochs: 4, verbose: 0 });
		const losses = history.loss as number[];
		expect(losses.at(-1)).toBeLessThan(losses[0] as number);
		const copy = await saveAndLoad(network);
		expect(copy.getLayer("head").getConfig()).toEqual(network.getLayer("head").getConfig());
		const outputs = [copy.predict(data), network.predict(data)] as [tf.Tensor, tf.Tensor];
		expectClose(outputs[0], outputs[1], { atol: 1e-6 });
		const layer = network.getLayer("head");
		expectNoLeak(() => layer.apply(data) as tf.Tensor);
		expectNoLeak(() => layer.call(target, {}), { throws: true });
		tf.dispose([data, target, outputs]);
		network.dispose();
		copy.dispose();
	});

	it("says what is wrong", () => {
		tf.tidy(() => {
			const layer = stirred();
			const wrong: [RegExp, () => unknown][] = [
				[
					/`numHeads` is 3 with `pool` 'mean', which has no attention/,
					() => tokenPooling({ pool: "mean", numHeads }),
				],
				[/`returnAttention` is true with `pool` 'class'/, () => tokenPooling({ returnAttention: true })],
				[/`hiddenDim` is -1/, () => make({ hiddenDim: -1 })],
				[/not divisible by `numHeads` 4/, () => make({ numHeads: 4 }).apply(tokens())],
				[/x \[2, 6\] has rank 2; expected rank 3/, () => make().apply(tf.zeros([2, 6]))],
				[/features 4.*expected features 6/, () => layer.call(tf.zeros([2, 5, 4]))],
				[/x is int32/, () => layer.call(tf.zeros([2, 5, 6], "int32"))],
				[/is empty/, () => layer.call(tf.zeros([2, 0, 6]))],
				[/mask .*length 3\] does not match/, () => layer.apply([tokens(), tf.ones([batch, 3], "bool")])],
				[
					/a mask came, which `pool` 'mean'/,
					() => tokenPooling({ pool: "mean" }).apply([tokens(), tf.ones([batch, length], "bool")]),
				],
			];
			for (const [message, run] of wrong) expect(run).toThrow(message);
		});
	});
});
