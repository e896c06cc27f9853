import { describeOnEveryBackend } from "@heed/testing";
import { it } from "vitest";
import { channels, channelsOf, expectMap, type Formula, height, width } from "../../test/expect-map.ts";
import { mapPixels, type PlainImage, projectPlain, type Weights } from "../../test/plain-images.ts";
import { mean, softmax, sum } from "../../test/plain-numbers.ts";
import { scaCnnAttention } from "./sca-cnn-attention.ts";

const common = { seed: 1, returnAttention: true, units: 3 };

describeOnEveryBackend("scaCnnAttention by its formula", () => {
	it.each([
		["cs", true],
		["sc", true],
		["cs", false],
	] as const)("%s, rescale %s", (order, rescale) => {
		const layer = scaCnnAttention({ ...common, order, rescale });
		const ask = (weights: Weights, half: string, keys: PlainImage, query: readonly number[]): number[] => {
			const asked = projectPlain(
				{ height: 1, width: 1, pixels: [query] },
				weights[`${half}/query/kernel`] ?? [],
			);
			const scores = keys.pixels.map((key) =>
				sum(
					key.map(
						(value, u) =>
							Math.tanh(value + (asked.pixels[0]?.[u] ?? 0)) * (weights[`${half}/score/kernel`]?.[u] ?? 0),
					),
				),
			);
			return softmax(scores);
		};
		const askChannels = (weights: Weights, x: PlainImage, query: readonly number[]): number[] => {
			const means = channelsOf(x).map((values) => [mean(values)]);
			const keys = projectPlain(
				{ height: 1, width: channels, pixels: means },
				weights["channel/channel/kernel"] ?? [],
				weights["channel/channel/bias"],
			);
			return ask(weights, "channel", keys, query);
		};
		const askPixels = (weights: Weights, x: PlainImage, query: readonly number[]): number[] => {
			const kernel = weights["spatial/pixel/kernel"] ?? [];
			return ask(weights, "spatial", projectPlain(x, kernel, weights["spatial/pixel/bias"]), query);
		};
		const [elements, pixels] = [rescale ? channels : 1, rescale ? height * width : 1];
		const formula: Formula = (weights, x, query) => {
			const weighed = (c: number[], s: number[]): PlainImage =>
				mapPixels(x, (pixel, p) =>
					pixel.map(
						(value, i) =>
							value * (c[i] === undefined ? 1 : c[i] * elements) * (s[p] === undefined ? 1 : s[p] * pixels),
					),
				);
			const s = order === "sc" ? askPixels(weights, x, query) : [];
			const c = askChannels(weights, weighed([], s), query);
			const after = order === "cs" ? askPixels(weights, weighed(c, []), query) : s;
			return mapPixels(x, (pixel, p) => pixel.map((_, i) => (c[i] ?? 0) * (after[p] ?? 0)));
		};
		expectMap(layer, formula, { query: true, factor: (weight) => weight * elements * pixels });
	});
});
