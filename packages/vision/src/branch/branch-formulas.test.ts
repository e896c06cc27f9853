import { describeOnEveryBackend, expectClose, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { channelsOf } from "../../test/expect-map.ts";
import {
	convolveGroupsPlain,
	convolvePlain,
	mapPixels,
	normPlain,
	type PlainImage,
	partPlain,
	plainImages,
	stirAll,
	type Weights,
} from "../../test/plain-images.ts";
import { mlpOf, readWeights } from "../../test/plain-layers.ts";
import { mean, relu, sigmoid } from "../../test/plain-numbers.ts";
import type { BranchAttention } from "./branch-attention.ts";
import { dynamicConv2d } from "./dynamic-conv2d.ts";
import { selectiveKernel } from "./selective-kernel.ts";
import { splitAttention } from "./split-attention.ts";

const [batch, height, width, channels] = [2, 5, 3, 12];
const image = (): tf.Tensor4D => randomTensor<tf.Rank.R4>([batch, height, width, channels], 3);

const onePixel = (values: readonly number[]): PlainImage => ({ height: 1, width: 1, pixels: [values] });

/** What a formula makes of an image: the maps of the branches and their weights `[branch][channel]`. */
type Branches = { maps: PlainImage[]; weights: number[][] };

function expectBranches(
	layer: BranchAttention,
	formula: (weights: Weights, x: PlainImage) => Branches,
): void {
	tf.tidy(() => {
		const x = image();
		layer.apply(x);
		stirAll(layer);
		const [output, map] = layer.apply(x) as [tf.Tensor, tf.Tensor];
		const results = plainImages(x).map((one) => formula(readWeights(layer), one));
		expectClose(
			map,
			results.flatMap(({ weights }) => weights.flat()),
		);
		const sums = results.flatMap(({ maps, weights }) =>
			mapPixels(maps[0] as PlainImage, (pixel, p) =>
				pixel.map((_, c) =>
					maps.reduce((sum, { pixels }, m) => sum + (pixels[p]?.[c] ?? 0) * (weights[m]?.[c] ?? 0), 0),
				),
			).pixels.flat(),
		);
		expectClose(output, sums, { atol: 2e-5 });
		layer.dispose();
	});
}

/** A softmax over the branches of scores `[branch][channel]`. */
function overBranches(scores: readonly number[][]): number[][] {
	const powers = scores.map((row) => row.map(Math.exp));
	const total = (c: number): number => powers.reduce((sum, row) => sum + (row[c] ?? 0), 0);
	return powers.map((row) => row.map((power, c) => power / total(c)));
}

/** The mean over the pixels of the sum of the branches. */
function seenBy(maps: readonly PlainImage[]): number[] {
	const means = maps.map((map) => channelsOf(map).map(mean));
	return (means[0] ?? []).map((_, c) => means.reduce((sum, row) => sum + (row[c] ?? 0), 0));
}

const options = { returnAttention: true, seed: 1 };

describeOnEveryBackend("attention over branches by its formula", () => {
	it.each([true, false])("selectiveKernel, dilated %s", (dilated) => {
		const groups = 3;
		const layer = selectiveKernel({ ...options, kernels: [3, 5, 1], dilated, groups, minRd: 4 });
		expectBranches(layer, (weights, x) => {
			const maps = [3, 5, 1].map((size, m) => {
				const apart = dilated && size === 5;
				const geometry = { size: apart ? 3 : size, dilation: apart ? 2 : 1 };
				const kernel = weights[`branch/${m}/kernel`] ?? [];
				const seen = convolveGroupsPlain(x, kernel, { groups, out: channels, ...geometry });
				return mapPixels(seen, (pixel) => relu(normPlain(weights, `branch/${m}/norm`, pixel)));
			});
			const scores = mlpOf(weights, seenBy(maps), "", (hidden) => normPlain(weights, "reduce/norm", hidden));
			const rows = maps.map((_, m) => scores.slice(m * channels, (m + 1) * channels));
			return { maps, weights: overBranches(rows) };
		});
	});

	it.each([
		[2, 1],
		[2, 3],
		[1, 2],
	])("splitAttention, radix %i, groups %i", (radix, groups) => {
		const layer = splitAttention({ ...options, radix, groups, minRd: 5 });
		expectBranches(layer, (weights, x) => {
			const of = (name: string): number[] => weights[name] ?? [];
			const convolved = convolveGroupsPlain(x, of("conv/kernel"), {
				groups: radix * groups,
				out: radix * channels,
				size: 3,
			});
			const all = mapPixels(convolved, (pixel) => relu(normPlain(weights, "conv/norm", pixel)));
			const maps = Array.from({ length: radix }, (_, r) => partPlain(all, r * channels, channels));
			const product = (z: readonly number[], path: string): number[] => {
				const bias = of(`${path}/bias`);
				const y = convolveGroupsPlain(onePixel(z), of(`${path}/kernel`), {
					groups,
					out: bias.length,
					size: 1,
				});
				return (y.pixels[0] ?? []).map((value, i) => value + (bias[i] ?? 0));
			};
			const hidden = relu(normPlain(weights, "reduce/norm", product(seenBy(maps), "reduce")));
			const scores = product(hidden, "expand"); // [group][branch][channel of the group]
			const each = channels / groups;
			const rows = maps.map((_, r) =>
				Array.from({ length: channels }, (_, c) => {
					const g = Math.floor(c / each);
					return scores[(g * radix + r) * each + (c % each)] ?? 0;
				}),
			);
			return { maps, weights: radix === 1 ? rows.map((row) => row.map(sigmoid)) : overBranches(rows) };
		});
	});

	it.each(["softmax", "sigmoid"] as const)(
		"dynamicConv2d, %s: the sum of what the kernels see",
		(routing) => {
			const [experts, filters] = [3, 5];
			tf.tidy(() => {
				const layer = dynamicConv2d({ ...options, routing, experts, filters, temperature: 30 });
				const x = image();
				layer.apply(x);
				stirAll(layer);
				layer.temperature = 0.5;
				expect(layer.getConfig().temperature).toBe(0.5);
				const [output, map] = layer.apply(x) as [tf.Tensor, tf.Tensor];
				const weights = readWeights(layer);
				const kernel = weights.kernel ?? [];
				const size = kernel.length / experts;
				const expected = plainImages(x).map((one) => {
					const z = channelsOf(one).map(mean);
					const shares =
						routing === "softmax"
							? overBranches(mlpOf(weights, z, "router/").map((score) => [score / 0.5])).flat()
							: (weights["router/bias"] ?? []).map((bias, k) =>
									sigmoid(
										z.reduce(
											(sum, v, i) => sum + v * (weights["router/kernel"]?.[i * experts + k] ?? 0),
											bias,
										),
									),
								);
					const seen = shares.map((_, k) =>
						convolvePlain(one, kernel.slice(k * size, (k + 1) * size), {
							size: 3,
							bias: weights.bias?.slice(k * filters, (k + 1) * filters),
						}),
					);
					const y = mapPixels(seen[0] as PlainImage, (pixel, p) =>
						pixel.map((_, c) =>
							shares.reduce((sum, share, k) => sum + share * (seen[k]?.pixels[p]?.[c] ?? 0), 0),
						),
					);
					return { shares, y };
				});
				expectClose(
					map,
					expected.flatMap(({ shares }) => shares),
				);
				expectClose(
					output,
					expected.flatMap(({ y }) => y.pixels.flat()),
					{ atol: 2e-5 },
				);
				const every = dynamicConv2d({ ...options, routing, experts, filters, strides: 2 });
				const shape = [null, height, null, channels];
				expect(every.computeOutputShape(shape)).toEqual([
					[null, 3, null, filters],
					[null, experts],
				]);
				every.apply(x);
				every.setWeights(layer.getWeights());
				every.temperature = 0.5;
				const [fewer] = every.apply(x) as [tf.Tensor];
				const kept = tf.gather(tf.gather(output, [0, 2, 4], 1), [0, 2], 2);
				expectClose(fewer, kept, { atol: 2e-5 });
				expect(() => every.apply([x, tf.ones([batch, height, width], "bool")])).toThrow(/does not take/);
				layer.dispose();
				every.dispose();
			});
		},
	);

	it("says which channels and options do not fit", () => {
		const build = (layer: BranchAttention): void => layer.build([null, 4, 4, 10]);
		expect(() => build(selectiveKernel())).toThrow(
			/selectiveKernel: x has 10 channels, which do not fall into 32 equal groups. Give a divisor/,
		);
		expect(() => build(splitAttention({ groups: 2 }))).toThrow(/10 channels, which do not fall into 4 equal/);
		expect(() => selectiveKernel({ kernels: [] })).toThrow(/`kernels` is \[\]; expected a list of odd sizes/);
		expect(() => selectiveKernel({ kernels: [3, 4] })).toThrow(/`kernels\[1\]` is 4; expected an odd.*Use 5/);
		expect(() => splitAttention({ kernelSize: 2 })).toThrow(/`kernelSize` is 2; expected an odd number/);
		expect(() => dynamicConv2d({ temperature: 0 })).toThrow(/`temperature` is 0/);
		expect(() => dynamicConv2d({ routing: "hard" as never })).toThrow(/`routing` is "hard"/);
	});
});
