import { describeOnEveryBackend, expectClose, randomSource, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { mlpOf, readWeights, stirWeights } from "../../test/plain-layers.ts";
import { mean, sigmoid } from "../../test/plain-numbers.ts";
import type { ImageAttention } from "../image-attention.ts";
import { cbamChannelGate } from "./cbam-channel-gate.ts";
import { channelQueryAttention } from "./channel-query-attention.ts";
import { effectiveSqueezeExcite } from "./effective-squeeze-excite.ts";
import { efficientChannelAttention } from "./efficient-channel-attention.ts";
import { frequencyChannelAttention } from "./frequency-channel-attention.ts";
import { gatedChannelTransform } from "./gated-channel-transform.ts";
import { globalContext } from "./global-context.ts";
import { squeezeExcite } from "./squeeze-excite.ts";
import { styleRecalibration } from "./style-recalibration.ts";

const [batch, height, width, channels, querySize] = [2, 5, 3, 7, 4];
const pixels = height * width;
const question = (): tf.Tensor2D => randomTensor<tf.Rank.R2>([batch, querySize], 4);

const random = randomSource(3);
const values = Float32Array.from({ length: batch * pixels * channels }, () => random.normal());
const image = (): tf.Tensor4D => tf.tensor4d(values, [batch, height, width, channels]);

/** The pixels of a channel of an image. */
function channelOf(b: number, c: number): number[] {
	return Array.from({ length: pixels }, (_, p) => values[(b * pixels + p) * channels + c] ?? 0);
}
/** A number for every channel of every image. */
const perChannel = (f: (pixelsOf: number[], b: number, c: number) => number): number[][] =>
	Array.from({ length: batch }, (_, b) =>
		Array.from({ length: channels }, (_, c) => f(channelOf(b, c), b, c)),
	);
const means = perChannel(mean);

/** The map of a layer with random weights, which must be what the formula gives, and its output x times `scale` times it. */
function expectMap(
	layer: ImageAttention,
	formula: (weights: Record<string, number[]>) => number[][],
	{ query = false, scale = 1 } = {},
): void {
	tf.tidy(() => {
		const inputs = query ? [image(), question()] : image();
		layer.apply(inputs);
		stirWeights(layer);
		const [output, map] = layer.apply(inputs) as [tf.Tensor, tf.Tensor];
		expectClose(map, formula(readWeights(layer)).flat());
		const spread = tf.reshape(map, [batch, 1, 1, channels]);
		expectClose(output, tf.mul(tf.mul(image(), spread), scale), { atol: 1e-5 });
		layer.dispose();
	});
}

const returnAttention = true;

describeOnEveryBackend("channel attention by its formula", () => {
	it("squeezeExcite: mean, maximum and their mean", () => {
		const pools = {
			avg: means,
			max: perChannel((values) => Math.max(...values)),
			avgMax: perChannel((values) => (mean(values) + Math.max(...values)) / 2),
		};
		for (const squeeze of ["avg", "max", "avgMax"] as const) {
			const layer = squeezeExcite({ squeeze, rdChannels: 3, gate: "tanh", returnAttention });
			expectMap(layer, (weights) => pools[squeeze].map((z) => mlpOf(weights, z).map(Math.tanh)));
		}
	});

	it("effectiveSqueezeExcite", () => {
		expectMap(effectiveSqueezeExcite({ returnAttention }), (weights) =>
			means.map((z) =>
				z.map((_, c) => {
					const score = z.reduce(
						(sum, value, i) => sum + value * (weights["expand/kernel"]?.[i * channels + c] ?? 0),
						weights["expand/bias"]?.[c] ?? 0,
					);
					return Math.min(Math.max(score / 6 + 0.5, 0), 1);
				}),
			),
		);
	});

	it.each([
		[5, false],
		[5, true],
		[19, true], // farther than the channels reach
	])("efficientChannelAttention with %i weights, circular %s", (kernelSize, circular) => {
		expectMap(efficientChannelAttention({ kernelSize, circular, returnAttention }), ({ kernel = [] }) =>
			means.map((z) =>
				z.map((_, c) => {
					const taps = kernel.map((weight, j) => {
						const place = c + j - (kernelSize - 1) / 2;
						const around = ((place % channels) + channels) % channels;
						return weight * ((circular ? z[around] : z[place]) ?? 0);
					});
					return sigmoid(taps.reduce((sum, tap) => sum + tap));
				}),
			),
		);
	});

	it("cbamChannelGate: one network for both poolings, summed before the sigmoid", () => {
		const largest = perChannel((values) => Math.max(...values));
		expectMap(cbamChannelGate({ rdChannels: 2, returnAttention }), (weights) =>
			means.map((z, b) => {
				const [average, top] = [mlpOf(weights, z), mlpOf(weights, largest[b] ?? [])];
				return average.map((score, c) => sigmoid(score + (top[c] ?? 0)));
			}),
		);
	});

	it.each(["official", "paper"] as const)("styleRecalibration, %s", (variant) => {
		expectMap(styleRecalibration({ variant, returnAttention }), (weights) =>
			perChannel((values, _, c) => {
				const average = mean(values);
				const squares = values.reduce((sum, value) => sum + (value - average) ** 2, 0);
				const deviation = Math.sqrt(squares / (variant === "official" ? pixels - 1 : pixels) + 1e-5);
				const [w0 = 0, w1 = 0] = (weights["style/kernel"] ?? []).slice(2 * c);
				const score = (w0 * average + w1 * deviation) / Math.sqrt(1 + 1e-5); // the statistics before training: 0 and 1
				return sigmoid(score * (weights["norm/gamma"]?.[c] ?? 0) + (weights["norm/beta"]?.[c] ?? 0));
			}),
		);
	});

	it("gatedChannelTransform", () => {
		const energies = perChannel((values) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 1e-5)));
		expectMap(gatedChannelTransform({ returnAttention }), ({ alpha = [], gamma = [], beta = [] }) =>
			energies.map((row) => {
				const s = row.map((energy, c) => energy * (alpha[c] ?? 0));
				const size = Math.sqrt(mean(s.map((value) => value * value)) + 1e-5);
				return s.map((value, c) => 1 + Math.tanh((value / size) * (gamma[c] ?? 0) + (beta[c] ?? 0)));
			}),
		);
	});

	it("channelQueryAttention", () => {
		const units = 3;
		const formula = (weights: Record<string, number[]>): number[][] => {
			const q = tf.tidy(() => question().arraySync()) as number[][];
			return means.map((row, b) => {
				const scores = row.map((v) => {
					const parts = Array.from({ length: units }, (_, u) => {
						const asked = (q[b] ?? []).reduce(
							(sum, x, i) => sum + x * (weights["query/kernel"]?.[i * units + u] ?? 0),
							0,
						);
						const key = v * (weights["channel/kernel"]?.[u] ?? 0) + (weights["channel/bias"]?.[u] ?? 0);
						return Math.tanh(key + asked) * (weights["score/kernel"]?.[u] ?? 0);
					});
					return Math.exp(parts.reduce((sum, part) => sum + part));
				});
				const total = scores.reduce((sum, score) => sum + score);
				return scores.map((score) => score / total);
			});
		};
		const options = { units, returnAttention };
		expectMap(channelQueryAttention(options), formula, { query: true, scale: channels });
		expectMap(channelQueryAttention({ ...options, rescale: false }), formula, { query: true });
	});

	it("frequencyChannelAttention, with cells that share pixels", () => {
		const gridSize = 4;
		const frequencies = [
			[0, 0],
			[1, 3],
			[2, 0],
		] as const;
		const basis = (u: number, i: number): number =>
			Math.sqrt((u === 0 ? 1 : 2) / gridSize) * Math.cos((Math.PI * u * (i + 0.5)) / gridSize);
		const span = (cell: number, size: number): number[] => {
			const [start, end] = [Math.floor((cell * size) / gridSize), Math.ceil(((cell + 1) * size) / gridSize)];
			return Array.from({ length: end - start }, (_, i) => start + i);
		};
		const squeezed = perChannel((values, _, c) => {
			const [u, v] = frequencies[Math.floor((c * 3) / channels)] ?? [0, 0];
			let sum = 0;
			for (let i = 0; i < gridSize; i++) {
				for (let j = 0; j < gridSize; j++) {
					const cell = span(i, height).flatMap((h) => span(j, width).map((w) => values[h * width + w] ?? 0));
					sum += mean(cell) * basis(u, i) * basis(v, j);
				}
			}
			return sum;
		});
		const layer = frequencyChannelAttention({ frequencies, gridSize, rdChannels: 3, returnAttention });
		expectMap(layer, (weights) => squeezed.map((z) => mlpOf(weights, z).map(sigmoid)));
		expect(frequencyChannelAttention().frequencies.slice(0, 5)).toEqual([
			[0, 0],
			[0, 1],
			[1, 0],
			[0, 2],
			[1, 1],
		]);
	});

	it("globalContext: starts as the identity, and as x / 2 with `scale`; adds and scales by one context", () => {
		tf.tidy(() => {
			expectClose(globalContext().apply(image()) as tf.Tensor, image(), { atol: 0 });
			expectClose(globalContext({ fuse: "scale" }).apply(image()) as tf.Tensor, tf.div(image(), 2));
			const layer = globalContext({ fuse: "both", rdChannels: 2, returnAttention });
			layer.apply(image());
			stirWeights(layer);
			const [output, map] = layer.apply(image()) as [tf.Tensor, tf.Tensor];
			const weights = readWeights(layer);
			const expected = Array.from({ length: batch }, (_, b) => {
				const columns = Array.from({ length: channels }, (_, c) => channelOf(b, c));
				const scores = Array.from({ length: pixels }, (_, p) =>
					Math.exp(
						columns.reduce(
							(sum, column, c) => sum + (column[p] ?? 0) * (weights["context/kernel"]?.[c] ?? 0),
							0,
						),
					),
				);
				const total = scores.reduce((sum, score) => sum + score);
				const shares = scores.map((score) => score / total);
				const context = columns.map((column) => column.reduce((sum, x, p) => sum + x * (shares[p] ?? 0), 0));
				const transform = (name: string): number[] =>
					mlpOf(weights, context, `${name}/`, (hidden) => {
						const average = mean(hidden);
						const deviation = Math.sqrt(mean(hidden.map((h) => (h - average) ** 2)) + 1e-5);
						return hidden.map((h, i) => {
							const unit = (h - average) / deviation;
							return (
								unit * (weights[`${name}/norm/gamma`]?.[i] ?? 0) + (weights[`${name}/norm/beta`]?.[i] ?? 0)
							);
						});
					});
				const [scale, shift] = [transform("scale"), transform("add")];
				const values = shares.flatMap((_, p) =>
					columns.map((column, c) => (column[p] ?? 0) * sigmoid(scale[c] ?? 0) + (shift[c] ?? 0)),
				);
				return { shares, values };
			});
			expectClose(
				map,
				expected.flatMap(({ shares }) => shares),
			);
			expectClose(
				output,
				expected.flatMap(({ values }) => values),
				{ atol: 5e-5 },
			);
		});
	});
});
