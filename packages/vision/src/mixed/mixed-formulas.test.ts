import { describeOnEveryBackend, expectClose } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import {
	batch,
	channels,
	channelsOf,
	expectMap,
	type Formula,
	height,
	image,
	question,
	width,
} from "../../test/expect-map.ts";
import {
	convolvePlain,
	mapPixels,
	normPlain,
	type PlainImage,
	projectPlain,
	type Weights,
} from "../../test/plain-images.ts";
import { mlpOf } from "../../test/plain-layers.ts";
import { mean, sigmoid, sum } from "../../test/plain-numbers.ts";
import { bam } from "./bam.ts";
import { cbam } from "./cbam.ts";
import { coordinateAttention } from "./coordinate-attention.ts";
import { ScaCnnAttention, scaCnnAttention } from "./sca-cnn-attention.ts";
import { scSE } from "./scse.ts";
import { simAM } from "./sim-am.ts";
import { tripletAttention } from "./triplet-attention.ts";

const common = { seed: 1, returnAttention: true };

/** `[max, mean]` of every pixel through a convolution and a norm. */
function spatialGate(
	weights: Weights,
	path: string,
	image: PlainImage,
	{ order = "maxMean", norm = true } = {},
): number[] {
	const pooled = mapPixels(image, (pixel) => {
		const pools = [Math.max(...pixel), mean(pixel)];
		return order === "maxMean" ? pools : pools.reverse();
	});
	const scores = convolvePlain(pooled, weights[`${path}/kernel`] ?? [], { size: 3 });
	return scores.pixels.map((score) =>
		sigmoid((norm ? normPlain(weights, `${path}/norm`, score) : score)[0] ?? 0),
	);
}

const channelGate = (weights: Weights, image: PlainImage): number[] => {
	const pools = [mean, (values: number[]) => Math.max(...values)];
	const [avg = [], max = []] = pools.map((pool) => mlpOf(weights, channelsOf(image).map(pool), "channel/"));
	return avg.map((score, c) => sigmoid(score + (max[c] ?? 0)));
};

describeOnEveryBackend("mixed attention by its formula", () => {
	it.each([
		["cs", "official"],
		["sc", "timm"],
		["parallel", "paper"],
	] as const)("cbam: %s, %s", (order, variant) => {
		const layer = cbam({ ...common, order, variant, rdChannels: 2, kernelSize: 3 });
		const spatial = { order: variant === "official" ? "maxMean" : "meanMax", norm: variant !== "paper" };
		expectMap(layer, (weights, x) => {
			expect("channel/reduce/bias" in weights).toBe(variant !== "timm");
			const scale = (c: number[], s: number[]): PlainImage =>
				mapPixels(x, (pixel, p) => pixel.map((_, i) => (c[i] ?? 1) * (s[p] ?? 1)));
			const times = (map: PlainImage): PlainImage =>
				mapPixels(x, (pixel, p) => pixel.map((value, i) => value * (map.pixels[p]?.[i] ?? 0)));
			const c = order === "sc" ? [] : channelGate(weights, x);
			const s = spatialGate(weights, "spatial", order === "cs" ? times(scale(c, [])) : x, spatial);
			return scale(order === "sc" ? channelGate(weights, times(scale([], s))) : c, s);
		});
	});

	it.each(["official", "paper"] as const)("bam: %s", (variant) => {
		const inside = variant === "official";
		const layer = bam({ ...common, variant, rdChannels: 2, dilation: 2 });
		const formula: Formula = (weights, x) => {
			const norm = (path: string, on: boolean) => (values: readonly number[]) =>
				on ? normPlain(weights, path, values) : [...values];
			const scores = mlpOf(weights, channelsOf(x).map(mean), "channel/", norm("channel/reduce/norm", inside));
			const m = norm("channel/norm", !inside)(scores);
			const steps = ["reduce", "dilated/0", "dilated/1"];
			const hidden = steps.reduce((seen, step, i) => {
				const [kernel = [], bias] = ["kernel", "bias"].map((name) => weights[`spatial/${step}/${name}`]);
				const options = { size: i === 0 ? 1 : 3, dilation: 2, bias };
				return mapPixels(convolvePlain(seen, kernel, options), (pixel) =>
					norm(`spatial/${step}/norm`, inside)(pixel).map((value) => Math.max(value, 0)),
				);
			}, x);
			const last = projectPlain(
				hidden,
				weights["spatial/expand/kernel"] ?? [],
				weights["spatial/expand/bias"],
			);
			const n = last.pixels.map((pixel) => norm("spatial/norm", !inside)(pixel)[0] ?? 0);
			return mapPixels(x, (pixel, p) =>
				pixel.map((_, c) => sigmoid(inside ? (m[c] ?? 0) * (n[p] ?? 0) : (m[c] ?? 0) + (n[p] ?? 0))),
			);
		};
		expectMap(layer, formula, { factor: (weight) => 1 + weight });
	});

	it("bam with nothing in its last layers: x times one and a half", () => {
		tf.tidy(() => {
			const layer = bam({ seed: 1 });
			layer.apply(image());
			for (const weight of layer.weights) {
				if (weight.originalName.includes("/expand/")) weight.write(tf.zerosLike(weight.read()));
			}
			expectClose(layer.apply(image()) as tf.Tensor, tf.mul(image(), 1.5), { atol: 1e-6 });
			layer.dispose();
		});
	});

	it.each(["max", "add"] as const)("scSE: %s", (combine) => {
		expectMap(scSE({ ...common, combine }), (weights, x) => {
			const c = mlpOf(weights, channelsOf(x).map(mean), "channel/").map(sigmoid);
			const scores = projectPlain(x, weights["spatial/kernel"] ?? [], weights["spatial/bias"]);
			return mapPixels(x, (pixel, p) =>
				pixel.map((value, i) => {
					const both = [c[i] ?? 0, sigmoid(scores.pixels[p]?.[0] ?? 0)];
					if (combine === "add") return sum(both);
					return Math.max(...both.map((weight) => weight * value)) / value;
				}),
			);
		});
	});

	it("coordinateAttention", () => {
		expectMap(coordinateAttention({ ...common, minRd: 3 }), (weights, x) => {
			const strip = (ps: number[]): number[] =>
				channelsOf(x).map((values) => mean(ps.map((p) => values[p] ?? 0)));
			const all = x.pixels.map((_, p) => p);
			const gate = (name: string, count: number, indexOf: (p: number) => number): number[][] => {
				const pixels = Array.from({ length: count }, (_, i) => strip(all.filter((p) => indexOf(p) === i)));
				const line = { height: 1, width: count, pixels };
				const reduced = projectPlain(line, weights["reduce/kernel"] ?? [], weights["reduce/bias"]);
				const active = mapPixels(reduced, (pixel) =>
					normPlain(weights, "norm", pixel).map((v) => (v * Math.min(Math.max(v + 3, 0), 6)) / 6),
				);
				const scores = projectPlain(active, weights[`${name}/kernel`] ?? [], weights[`${name}/bias`]);
				return scores.pixels.map((pixel) => pixel.map(sigmoid));
			};
			const rows = gate("rows", height, (p) => Math.floor(p / width));
			const columns = gate("columns", width, (p) => p % width);
			return mapPixels(x, (pixel, p) =>
				pixel.map((_, c) => (rows[Math.floor(p / width)]?.[c] ?? 0) * (columns[p % width]?.[c] ?? 0)),
			);
		});
	});

	it.each([true, false])("tripletAttention, with the gate of pixels: %s", (spatial) => {
		expectMap(tripletAttention({ ...common, kernelSize: 3, spatial }), (weights, x) => {
			/** The image with its sides in another order. */
			const turned = (
				rows: number,
				columns: number,
				line: (row: number, column: number) => number[],
			): PlainImage => ({
				height: rows,
				width: columns,
				pixels: Array.from({ length: rows * columns }, (_, i) => line(Math.floor(i / columns), i % columns)),
			});
			const at = (row: number, column: number, c: number): number => x.pixels[row * width + column]?.[c] ?? 0;
			const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);
			const [rows, columns] = [
				turned(height, channels, (row, c) => range(width).map((column) => at(row, column, c))),
				turned(channels, width, (c, column) => range(height).map((row) => at(row, column, c))),
			];
			const r = spatialGate(weights, "rows", rows);
			const k = spatialGate(weights, "columns", columns);
			const s = spatial ? spatialGate(weights, "spatial", x) : undefined;
			return mapPixels(x, (pixel, p) =>
				pixel.map((_, c) => {
					const both = (r[Math.floor(p / width) * channels + c] ?? 0) + (k[c * width + (p % width)] ?? 0);
					return s === undefined ? both / 2 : (both + (s[p] ?? 0)) / 3;
				}),
			);
		});
	});

	it("simAM, on an even image too", () => {
		const layer = simAM({ ...common, lambda: 0.01 });
		expectMap(layer, (_, x) => {
			const maps = channelsOf(x).map((values) => {
				const squares = values.map((value) => (value - mean(values)) ** 2);
				return squares.map((d) => sigmoid(d / (4 * (sum(squares) / (values.length - 1) + 0.01)) + 0.5));
			});
			return mapPixels(x, (pixel, p) => pixel.map((_, c) => maps[c]?.[p] ?? 0));
		});
		tf.tidy(() => {
			const even = tf.fill([1, 3, 2, 1], 4);
			expectClose(simAM().apply(even) as tf.Tensor, new Array(6).fill(4 * sigmoid(0.5)));
		});
	});

	it("a mask does what cutting off does, for layers without a kernel that would see the edge", () => {
		const makes = [simAM, coordinateAttention, scSE, () => scaCnnAttention({ units: 3 })];
		for (const make of makes) {
			tf.tidy(() => {
				const layer = make();
				const more = layer instanceof ScaCnnAttention ? [question()] : [];
				const x = image();
				const seen = tf.cast(tf.tile(tf.tensor3d([1, 1, 0], [1, 1, width]), [batch, height, 1]), "bool");
				const masked = layer.apply([x, ...more, seen]) as tf.Tensor;
				const size = [batch, height, width - 1, channels];
				const cut = layer.apply([tf.slice(x, [0, 0, 0, 0], size), ...more]) as tf.Tensor;
				expectClose(tf.slice(masked, [0, 0, 0, 0], size), cut);
				layer.dispose();
			});
		}
	});
});
