import { describeOnEveryBackend, expectClose, expectNoLeak, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import {
	convolveGroupsPlain,
	convolvePlain,
	mapPixels,
	normPlain,
	type PlainImage,
	plainImages,
	stirAll,
	type Weights,
} from "../../test/plain-images.ts";
import { readWeights } from "../../test/plain-layers.ts";
import { mean, sigmoid } from "../../test/plain-numbers.ts";
import { maskActivations } from "./mask-activation.ts";
import { type ResidualAttentionModuleArgs, residualAttentionModule } from "./residual-attention-module.ts";

const [batch, height, width, channels] = [2, 7, 5, 4];
const image = (): tf.Tensor4D => randomTensor<tf.Rank.R4>([batch, height, width, channels], 3);

const plus = (...images: PlainImage[]): PlainImage =>
	mapPixels(images[0] as PlainImage, (pixel, p) =>
		pixel.map((_, c) => images.reduce((sum, { pixels }) => sum + (pixels[p]?.[c] ?? 0), 0)),
	);

function preActivated(weights: Weights, path: string, x: PlainImage, size: number): PlainImage {
	const active = mapPixels(x, (pixel) =>
		normPlain(weights, `${path}/norm`, pixel).map((value) => Math.max(value, 0)),
	);
	return convolvePlain(active, weights[`${path}/kernel`] ?? [], { size });
}

function residualUnit(weights: Weights, path: string, x: PlainImage): PlainImage {
	return plus(
		x,
		[1, 3, 1].reduce((seen, size, i) => preActivated(weights, `${path}/${i}`, seen, size), x),
	);
}

const positive = (x: PlainImage): PlainImage =>
	mapPixels(x, (pixel) => pixel.map((value) => Math.max(value, 0)));

function normed(weights: Weights, path: string, x: PlainImage, size: number, groups: number): PlainImage {
	const out = weights[`${path}/norm/gamma`]?.length ?? 0;
	const convolved = convolveGroupsPlain(x, weights[`${path}/kernel`] ?? [], { groups, out, size });
	return mapPixels(convolved, (pixel) => normPlain(weights, `${path}/norm`, pixel));
}

function resnextUnit(weights: Weights, path: string, x: PlainImage, groups: number): PlainImage {
	const reduced = positive(normed(weights, `${path}/0`, x, 1, 1));
	const seen = positive(normed(weights, `${path}/1`, reduced, 3, groups));
	return positive(plus(x, normed(weights, `${path}/2`, seen, 1, 1)));
}

/** 3×3 maxima at every second pixel, of which `before` lie beyond the edge. */
function halve({ height: tall, width: wide, pixels }: PlainImage, padding: "same" | 1): PlainImage {
	const [outHeight, outWidth] = [Math.ceil(tall / 2), Math.ceil(wide / 2)];
	const before = (size: number): number =>
		padding === 1 ? 1 : Math.floor(((Math.ceil(size / 2) - 1) * 2 + 3 - size) / 2);
	return {
		height: outHeight,
		width: outWidth,
		pixels: Array.from({ length: outHeight * outWidth }, (_, i) => {
			const [top, left] = [Math.floor(i / outWidth) * 2 - before(tall), (i % outWidth) * 2 - before(wide)];
			const window = Array.from({ length: 9 }, (_, tap) => [top + Math.floor(tap / 3), left + (tap % 3)]);
			const seen = window.filter(
				([row = 0, column = 0]) => row >= 0 && row < tall && column >= 0 && column < wide,
			);
			const values = seen.map(([row = 0, column = 0]) => pixels[row * wide + column] ?? []);
			return (pixels[0] ?? []).map((_, c) => Math.max(...values.map((value) => value[c] ?? 0)));
		}),
	};
}

/** Linear interpolation whose corners are those of the image. */
function grow(x: PlainImage, { height: tall, width: wide }: PlainImage): PlainImage {
	const place = (i: number, size: number, out: number): readonly [number, number, number] => {
		const source = out === 1 ? 0 : (i * (size - 1)) / (out - 1);
		const first = Math.min(Math.floor(source + 1e-9), size - 1);
		return [first, Math.min(first + 1, size - 1), source - first];
	};
	const at = (row: number, column: number, c: number): number => x.pixels[row * x.width + column]?.[c] ?? 0;
	return {
		height: tall,
		width: wide,
		pixels: Array.from({ length: tall * wide }, (_, i) => {
			const [top, bottom, down] = place(Math.floor(i / wide), x.height, tall);
			const [left, right, along] = place(i % wide, x.width, wide);
			return (x.pixels[0] ?? []).map((_, c) => {
				const upper = at(top, left, c) * (1 - along) + at(top, right, c) * along;
				const lower = at(bottom, left, c) * (1 - along) + at(bottom, right, c) * along;
				return upper * (1 - down) + lower * down;
			});
		}),
	};
}

function activate(name: "mixed" | "channel" | "spatial", scores: PlainImage): PlainImage {
	if (name === "mixed") return mapPixels(scores, (pixel) => pixel.map(sigmoid));
	if (name === "channel") {
		return mapPixels(scores, (pixel) => {
			const length = Math.sqrt(pixel.reduce((sum, value) => sum + value * value, 1e-5));
			return pixel.map((value) => value / length);
		});
	}
	const statistics = (scores.pixels[0] ?? []).map((_, c) => {
		const values = scores.pixels.map((pixel) => pixel[c] ?? 0);
		const middle = mean(values);
		const variance = mean(values.map((value) => (value - middle) ** 2));
		return [middle, Math.sqrt(variance + 1e-5)] as const;
	});
	return mapPixels(scores, (pixel) =>
		pixel.map((value, c) => sigmoid((value - (statistics[c]?.[0] ?? 0)) / (statistics[c]?.[1] ?? 1))),
	);
}

/** Two levels, one unit everywhere but two in the trunk. */
function moduleOf(
	weights: Weights,
	x: PlainImage,
	args: ResidualAttentionModuleArgs,
): [PlainImage, PlainImage] {
	const { activation = "mixed", residual = true, skip = "single", poolPadding = "same" } = args;
	const { unit: kind, groups = 1 } = args;
	const double = skip === "double";
	const unit = (path: string, seen: PlainImage): PlainImage =>
		kind === "resnext" ? resnextUnit(weights, path, seen, groups) : residualUnit(weights, path, seen);
	const start = unit("before/0", x);
	const trunk = unit("trunk/1", unit("trunk/0", start));
	const first = unit("down/0/0", halve(start, poolPadding));
	const second = unit("down/1/0", halve(first, poolPadding));
	const kept = [unit("skip/0", first), ...(double ? [first] : [])];
	const middle = plus(grow(unit("up/0/0", second), first), ...kept);
	const grown = plus(grow(unit("up/1/0", middle), trunk), ...(double ? [trunk] : []));
	const scores =
		kind === "resnext"
			? convolvePlain(positive(normed(weights, "score/0", grown, 1, 1)), weights["score/1/kernel"] ?? [], {
					size: 1,
				})
			: preActivated(weights, "score/1", preActivated(weights, "score/0", grown, 1), 1);
	const map = activate(activation, scores);
	const chosen = mapPixels(trunk, (pixel, p) =>
		pixel.map((value, c) => value * ((map.pixels[p]?.[c] ?? 0) + (residual ? 1 : 0))),
	);
	return [unit("after/0", chosen), map];
}

describeOnEveryBackend("residualAttentionModule", () => {
	it.each<ResidualAttentionModuleArgs>([
		{},
		{ activation: "channel", residual: false },
		{ activation: "spatial", skip: "double", poolPadding: 1 },
		{ unit: "resnext", groups: 2 },
	])("is what the network of the paper says, %j", (args) => {
		tf.tidy(() => {
			const layer = residualAttentionModule({ ...args, depth: 2, seed: 1, returnAttention: true });
			const x = image();
			layer.apply(x);
			stirAll(layer);
			const [output, map] = layer.apply(x) as [tf.Tensor, tf.Tensor];
			const weights = readWeights(layer);
			const expected = plainImages(x).map((one) => moduleOf(weights, one, args));
			const flat = (i: 0 | 1): number[] => expected.flatMap((pair) => pair[i].pixels.flat());
			expectClose(map, flat(1), { atol: 1e-4 });
			expectClose(output, flat(0), { atol: 1e-3, rtol: 1e-4 });
			layer.dispose();
		});
	});

	it("repeats its units, takes any size of image, and leaves nothing behind", () => {
		const layer = residualAttentionModule({ p: 2, t: 1, r: 2, depth: 3, coordinates: "half-pixel", seed: 1 });
		for (const shape of [
			[1, 1, 1, 3],
			[1, 9, 2, 3],
		]) {
			const x = randomTensor<tf.Rank.R4>(shape as [number, number, number, number], 5);
			const run = (): tf.Tensor => layer.apply(x, { training: true }) as tf.Tensor;
			const output = run();
			expect(output.shape).toEqual(shape);
			output.dispose();
			expectNoLeak(run);
			x.dispose();
		}
		const units = layer.trainableWeights.filter(({ originalName }) => originalName.endsWith("/1/kernel"));
		expect(units).toHaveLength(2 * 2 + 1 + 2 * 2 * 3 + 2 + 1); // the 3×3 of every unit, and the second score
		layer.dispose();
	});

	it.each(["mixed", "channel", "spatial"] as const)(
		"gives scores a finite gradient where all are even: %s",
		(name) => {
			tf.tidy(() => {
				const weigh = (scores: tf.Tensor): tf.Tensor => maskActivations[name](scores as tf.Tensor4D);
				const even = tf.grad((scores: tf.Tensor) => tf.sum(weigh(scores)))(tf.zerosLike(image()));
				expect([...even.dataSync()].every(Number.isFinite)).toBe(true);
			});
		},
	);

	it("refuses what it cannot be", () => {
		const wrong = [{ t: 0 }, { r: 0 }, { p: -1 }, { depth: 0 }, { depth: 1.5 }];
		for (const args of wrong) {
			const [name = ""] = Object.keys(args);
			expect(() => residualAttentionModule(args)).toThrow(new RegExp(`residualAttentionModule: .*${name}`));
		}
		expect(() => residualAttentionModule({ activation: "tanh" as "mixed" })).toThrow(/activation.*mixed/);
		expect(() => residualAttentionModule({ poolPadding: 2 as 1 })).toThrow(/poolPadding.*same/);
		expect(() => residualAttentionModule({ skip: "none" as "single" })).toThrow(/skip.*single/);
		expect(() => residualAttentionModule({ unit: "inception" as "resnext" })).toThrow(/unit.*'resnext'/);
		expect(() => residualAttentionModule({ unit: "resnext", groups: 0 })).toThrow(/`groups` is 0/);
		expect(() => residualAttentionModule({ groups: 2 })).toThrow(/`groups` goes with `unit: 'resnext'`/);
		tf.tidy(() => {
			expect(() => residualAttentionModule({ unit: "resnext" }).apply(image())).toThrow(
				/4 channels, which makes 2 inside the units; .*32 equal groups\. Give a divisor of 2/,
			);
		});
	});
});
