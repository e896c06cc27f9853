import { Parameters } from "@heed/layers";
import { describeOnEveryBackend, expectClose, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { it } from "vitest";
import type { Weights } from "../../test/plain-images.ts";
import { dense, relu, sigmoid, sum } from "../../test/plain-numbers.ts";
import { type CoreState, makeCore } from "./recurrent-core.ts";

const [batch, height, width, channels, glimpseUnits, units, contextSize] = [2, 7, 5, 2, 3, 4, 3];
const images = (): tf.Tensor4D => randomTensor<tf.Rank.R4>([batch, height, width, channels], 1);
const glimpses = [2, 3, 4].map((seed) => () => randomTensor<tf.Rank.R2>([batch, glimpseUnits], seed));

type Pair = [hidden: number[], cell: number[]];
const zeros = (): number[] => new Array(units).fill(0);

/** One step of an LSTM in float64, gates in the order i, f, g, o. */
function lstm(weights: Weights, path: string, x: readonly number[], [hidden, cell]: Pair): Pair {
	const fromInput = dense(
		{ "x/kernel": weights[`${path}kernel`] ?? [], "x/bias": weights[`${path}bias`] ?? [] },
		"x",
		x,
	);
	const fromState = dense({ "h/kernel": weights[`${path}recurrentKernel`] ?? [] }, "h", hidden);
	const at = (gate: number, u: number): number => {
		const i = gate * units + u;
		return (fromInput[i] ?? 0) + (fromState[i] ?? 0);
	};
	const next = cell.map((c, u) => sigmoid(at(1, u)) * c + sigmoid(at(0, u)) * Math.tanh(at(2, u)));
	return [next.map((c, u) => sigmoid(at(3, u)) * Math.tanh(c)), next];
}

/** The means of 3 × 3 pixels of the image in 9 × 9 pixels around its middle, as the coarse image of the deep core. */
function coarse(image: readonly number[][][]): number[] {
	const [top, left] = [Math.floor(height / 2) - 4, Math.floor(width / 2) - 4];
	return Array.from({ length: contextSize ** 2 }, (_, cell) =>
		Array.from({ length: channels }, (_, c) => {
			const parts = Array.from({ length: 9 }, (_, i) => {
				const row = top + 3 * Math.floor(cell / 3) + Math.floor(i / 3);
				return image[row]?.[left + 3 * (cell % 3) + (i % 3)]?.[c] ?? 0;
			});
			return sum(parts) / 9;
		}),
	).flat();
}

describeOnEveryBackend("what puts glimpses together", () => {
	it.each(["rnn", "lstm", "deep"] as const)("by its formula: %s", (kind) => {
		tf.tidy(() => {
			const parameters = new Parameters({ seed: 1 });
			const core = makeCore(parameters, { kind, glimpseUnits, units, contextSize, channels });
			for (const weight of parameters.variables.values()) {
				weight.assign(tf.add(weight, randomTensor(weight.shape, 7, 0.3)));
			}
			const weights: Weights = Object.fromEntries(
				[...parameters.variables].map(([path, weight]) => [path, [...weight.dataSync()]]),
			);
			let state: CoreState = core.start(images());
			for (const glimpse of glimpses) state = core.step(glimpse(), state);

			const expected = images()
				.arraySync()
				.map((image, b) => {
					let hidden = zeros();
					let lower: Pair = [zeros(), zeros()];
					let upper: Pair = [relu(dense(weights, "context", coarse(image))), zeros()];
					for (const glimpse of glimpses) {
						const seen = glimpse().arraySync()[b] ?? [];
						const kept = dense(weights, "recurrent", hidden);
						hidden = relu(dense(weights, "input", seen).map((value, u) => value + (kept[u] ?? 0)));
						lower = lstm(weights, kind === "deep" ? "lower/" : "", seen, lower);
						upper = lstm(weights, "upper/", lower[0], upper);
					}
					if (kind === "rnn") return { action: hidden, place: hidden };
					return { action: lower[0], place: kind === "deep" ? upper[0] : lower[0] };
				});
			expectClose(
				core.action(state),
				expected.flatMap(({ action }) => action),
			);
			expectClose(
				core.place(state),
				expected.flatMap(({ place }) => place),
			);
			parameters.dispose();
		});
	});
});
