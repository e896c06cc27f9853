import { convolution2d } from "@heed/core";
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
import { saveAndLoad } from "../../test/save-and-load.ts";
import { type Convolution2dLayerArgs, convolution2dLayer } from "./convolution-2d-layer.ts";

const [batch, height, width, channels] = [2, 7, 5, 6];
const image = (): tf.Tensor4D => randomTensor<tf.Rank.R4>([batch, height, width, channels], 1);
const cases: readonly (readonly [name: string, args: Convolution2dLayerArgs, params: number])[] = [
	["plain", { filters: 3 }, 9 * 6 * 3 + 3],
	[
		"every second pixel, PyTorch's padding",
		{ filters: 4, strides: 2, padding: 1, useBias: false },
		9 * 6 * 4,
	],
	["dilated", { filters: 2, dilation: 2, padding: "valid" }, 9 * 6 * 2 + 2],
	["in groups", { filters: 9, kernelSize: 1, groups: 3 }, 2 * 9 + 9],
	["depthwise", { groups: "depthwise", kernelSize: 5, strides: 3 }, 25 * 6 + 6],
];

describeOnEveryBackend("convolution2dLayer", () => {
	it.each(cases)(
		"is the convolution of @heed/core and trains, saves and loads: %s",
		async (_, args, params) => {
			const x = input({ shape: [null, null, channels] });
			const layer = convolution2dLayer({ ...args, name: "convolution", seed: 1 });
			const network = model({ inputs: x, outputs: layer.apply(x) as SymbolicTensor });
			const data = image();
			tf.tidy(() => {
				const [kernel, bias = tf.scalar(0)] = layer.getWeights() as [tf.Tensor4D, tf.Tensor?];
				const { strides, padding = "same", dilation, groups: given } = args;
				const groups = given === "depthwise" ? channels : given;
				const y = tf.add(convolution2d(data, kernel, { strides, padding, dilation, groups }), bias);
				expectClose(layer.apply(data) as tf.Tensor, y, { atol: 1e-6 });
				expect(layer.computeOutputShape([batch, height, width, channels])).toEqual(y.shape);
				expect(layer.computeOutputShape([null, null, null, channels])).toEqual([
					null,
					null,
					null,
					y.shape[3],
				]);
				expectGradientsMatch((given) => layer.apply(given as tf.Tensor) as tf.Tensor, [data], {
					coordinates: 6,
				});
				expectWeightGradients(layer, () => layer.apply(data) as tf.Tensor);
			});
			expect(layer.countParams()).toBe(params);
			const target = tf.tidy(() => tf.zerosLike(layer.apply(data) as tf.Tensor));
			network.compile({ optimizer: tf.train.adam(0.02), loss: "meanSquaredError" });
			const { history } = await network.fit(data, target, { epochs: 3, verbose: 0 });
			const losses = history.loss as number[];
			expect(losses.at(-1)).toBeLessThan(losses[0] as number);
			const copy = await saveAndLoad(network);
			expect(copy.getLayer("convolution").getConfig()).toEqual(layer.getConfig());
			const outputs = [copy.predict(data), network.predict(data)] as [tf.Tensor, tf.Tensor];
			expectClose(outputs[0], outputs[1], { atol: 1e-6 });
			expectNoLeak(() => layer.apply(data) as tf.Tensor);
			expectNoLeak(() => layer.call(target), { throws: layer.filters !== undefined });
			tf.dispose([data, target, outputs]);
			network.dispose();
			copy.dispose();
		},
	);

	it("of one pixel is the middle of the kernel, also of one channel", () => {
		tf.tidy(() => {
			for (const args of [{ filters: 3 }, { groups: "depthwise", kernelSize: 5 }] as const) {
				const layer = convolution2dLayer({ ...args, seed: 1 });
				const y = layer.apply(tf.fill([1, 1, 1, 1], 2)) as tf.Tensor;
				const [kernel] = layer.getWeights() as [tf.Tensor4D];
				const [side, , , filters] = kernel.shape;
				const middle = tf.slice(kernel, [(side - 1) / 2, (side - 1) / 2, 0, 0], [1, 1, 1, filters]);
				expectClose(y, tf.mul(middle, 2));
			}
		});
	});

	it("says what is wrong", () => {
		tf.tidy(() => {
			const layer = convolution2dLayer({ filters: 2, padding: "valid", kernelSize: 3, dilation: 2 });
			layer.apply(image());
			const wrong: [RegExp, () => unknown][] = [
				[/convolution2dLayer: `filters` is 0/, () => convolution2dLayer({ filters: 0 })],
				[
					/`padding` is "half"; expected 'same', 'valid' or/,
					() => convolution2dLayer({ padding: "half" as never }),
				],
				[/unknown option `activation`/, () => convolution2dLayer({ activation: "relu" } as never)],
				[/x has 6 channels.* 4 equal groups/, () => convolution2dLayer({ groups: 4 }).apply(image())],
				[
					/there are 5 channels.* 3 equal groups/,
					() => convolution2dLayer({ filters: 5, groups: 3 }).apply(image()),
				],
				[/has rank 3; expected rank 4/, () => convolution2dLayer().apply(tf.zeros([2, 3, 3]))],
				[/expected channels 6/, () => layer.call(tf.zeros([1, 5, 5, 5]))],
				[/x is int32/, () => layer.call(tf.zeros([1, 5, 5, 6], "int32"))],
				[/height 4.*is smaller than the kernel, which spans 5/, () => layer.call(tf.zeros([1, 4, 9, 6]))],
				[/weights are not there yet/, () => convolution2dLayer().call(image())],
			];
			for (const [message, run] of wrong) expect(run).toThrow(message);
		});
	});
});
