import { describeOnEveryBackend, expectClose, randomTensor, useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { scores, weighted } from "../../test/plain-frames.ts";
import type { Weights } from "../../test/plain-images.ts";
import { readWeights, stirWeights } from "../../test/plain-layers.ts";
import { dense, softmax, sum } from "../../test/plain-numbers.ts";
import { VisionAttention } from "../vision-attention.ts";
import type { FrameAttention } from "./frame-attention.ts";
import { hardFrameSelection } from "./hard-frame-selection.ts";
import { queryTemporalAttention } from "./query-temporal-attention.ts";
import { spatioTemporalAttention } from "./spatio-temporal-attention.ts";
import { temporalSelfAttention } from "./temporal-self-attention.ts";

const [batch, frames, height, width, features, querySize, units] = [2, 5, 3, 2, 4, 7, 3];
const pixels = height * width;
const vectors = (): tf.Tensor3D => randomTensor<tf.Rank.R3>([batch, frames, features], 3);
const video = (): tf.Tensor5D => randomTensor<tf.Rank.R5>([batch, frames, height, width, features], 3);
const question = (): tf.Tensor2D => randomTensor<tf.Rank.R2>([batch, querySize], 4);
const returnAttention = true;

function run(
	layer: FrameAttention,
	inputs: tf.Tensor[],
): { output: tf.Tensor; map: tf.Tensor; weights: Weights } {
	const given = inputs.length === 1 ? (inputs[0] as tf.Tensor) : inputs;
	layer.apply(given);
	stirWeights(layer);
	const [output, map] = layer.apply(given) as [tf.Tensor, tf.Tensor];
	return { output, map, weights: readWeights(layer) };
}
const count = (layer: FrameAttention, ...shapes: (number | null)[][]): number =>
	VisionAttention.countTrained(layer, shapes.length === 1 ? (shapes[0] as number[]) : shapes);

describe("the numbers of weights", () => {
	useBackend("cpu");

	it("of TGIF-QA, spatial and temporal, and of the others by their formulas", () => {
		const map = [null, 35, 7, 7, 3072];
		const query = [null, 1024];
		expect(count(spatioTemporalAttention({ temporal: false }), map, query)).toBe(2098689);
		expect(count(queryTemporalAttention(), [null, 35, 1024], query)).toBe(1050113);
		expect(count(spatioTemporalAttention(), map, query)).toBe(2 * 2098689);
		expect(count(queryTemporalAttention({ fuse: true, queryBias: false }), [null, null, 6], [null, 7])).toBe(
			6 * 512 + 7 * 512 + 2 * 512 + 1 + 6 * 7 + 7,
		);
		const c = 16;
		expect(count(temporalSelfAttention(), [null, 5, c])).toBe(4 * c * c + 4 * c);
		expect(count(temporalSelfAttention(), [null, 5, 3, 2, c])).toBe(2 * (4 * c * c + 4 * c));
		expect(count(temporalSelfAttention({ mode: "joint" }), [null, 5, 3, 2, c])).toBe(4 * c * c + 4 * c);
		expect(count(hardFrameSelection({ units }), [null, 5, c])).toBe(c * units + 2 * units + 1);
	});
});

describeOnEveryBackend("attention to frames by its formula", () => {
	it("queryTemporalAttention, with and without the fusion", () => {
		tf.tidy(() => {
			for (const fuse of [false, true]) {
				const layer = queryTemporalAttention({ units, fuse, returnAttention });
				const { output, map, weights } = run(layer, [vectors(), question()]);
				const queries = question().arraySync();
				const expected = vectors()
					.arraySync()
					.map((items, b) => {
						const shares = softmax(scores(weights, "", items, queries[b]));
						const context = weighted(items, shares);
						const fused = dense(weights, "fuse", context).map(
							(y, i) => Math.tanh(y) + (queries[b]?.[i] ?? 0),
						);
						return { shares, y: fuse ? fused : context };
					});
				expectClose(
					map,
					expected.flatMap(({ shares }) => shares),
				);
				expectClose(
					output,
					expected.flatMap(({ y }) => y),
				);
			}
		});
	});

	it("spatioTemporalAttention, where it asks pixels and where it takes their mean", () => {
		tf.tidy(() => {
			for (const spatial of [true, false]) {
				const layer = spatioTemporalAttention({ units, spatial, returnAttention });
				const { output, map, weights } = run(layer, [video(), question()]);
				const queries = question().arraySync();
				const all = video().arraySync();
				const expected = all.map((clip, b) => {
					const maps = clip.map((rows) =>
						spatial
							? softmax(scores(weights, "spatial/", rows.flat(), queries[b]))
							: new Array(pixels).fill(1 / pixels),
					);
					const items = clip.map((rows, t) => weighted(rows.flat(), maps[t] ?? []));
					const shares = softmax(scores(weights, "temporal/", items, queries[b]));
					const joint = maps.flatMap((row, t) => row.map((share: number) => share * (shares[t] ?? 0)));
					return { y: weighted(items, shares), map: spatial ? joint : shares };
				});
				expectClose(
					output,
					expected.flatMap(({ y }) => y),
				);
				expectClose(
					map,
					expected.flatMap((one) => one.map),
				);
			}
		});
	});

	it("temporalSelfAttention, over time and then within frames, or over all at once", () => {
		const numHeads = 2;
		const size = features / numHeads;
		const attend = (
			weights: Weights,
			path: string,
			items: readonly number[][],
			causal: boolean,
		): number[][] => {
			const [q, k, v] = ["query", "key", "value"].map((side) =>
				items.map((item) => dense(weights, `${path}/${side}`, item)),
			) as [number[][], number[][], number[][]];
			const part = (x: readonly number[] | undefined, h: number) => (x ?? []).slice(h * size, (h + 1) * size);
			return items.map((item, i) => {
				const seen = items.map((_, j) => j).filter((j) => !causal || j <= i);
				const heads = Array.from({ length: numHeads }, (_, h) => {
					const asked = part(q[i], h);
					const products = seen.map((j) => sum(part(k[j], h).map((x, c) => x * (asked[c] ?? 0))));
					const shares = softmax(products.map((product) => product / Math.sqrt(size)));
					return weighted(
						seen.map((j) => part(v[j], h)),
						shares,
					);
				});
				return dense(weights, `${path}/output`, heads.flat()).map((y, c) => y + (item[c] ?? 0));
			});
		};
		tf.tidy(() => {
			const clips = video()
				.arraySync()
				.map((clip) => clip.map((rows) => rows.flat()));
			const overTime = (weights: Weights, clip: readonly number[][][], causal: boolean): number[][][] => {
				const columns = Array.from({ length: pixels }, (_, p) =>
					attend(
						weights,
						"time",
						clip.map((frame) => frame[p] ?? []),
						causal,
					),
				);
				return clip.map((_, t) => columns.map((column) => column[t] ?? []));
			};
			const divided = run(temporalSelfAttention({ numHeads, causal: true, returnAttention }), [video()]);
			const expected = clips.flatMap((clip) =>
				overTime(divided.weights, clip, true).map((frame) => attend(divided.weights, "space", frame, false)),
			);
			expectClose(divided.output, expected.flat(2), { atol: 3e-5 });
			const time = run(temporalSelfAttention({ numHeads, mode: "time", returnAttention }), [video()]);
			expectClose(time.output, clips.map((clip) => overTime(time.weights, clip, false)).flat(3), {
				atol: 3e-5,
			});
			const joint = run(temporalSelfAttention({ numHeads, mode: "joint", returnAttention }), [video()]);
			const whole = clips.map((clip) => attend(joint.weights, "joint", clip.flat(), false));
			expectClose(joint.output, whole.flat(2), { atol: 3e-5 });
		});
	});

	it("says which options do not go together", () => {
		const wrong: [RegExp, () => unknown][] = [
			[/`fuse` is for the sum/, () => queryTemporalAttention({ fuse: true, reduce: false })],
			[/nothing is left to attend to/, () => spatioTemporalAttention({ spatial: false, temporal: false })],
			[/`causal` is true with `mode` 'joint'/, () => temporalSelfAttention({ causal: true, mode: "joint" })],
			[/`mode` is "space"/, () => temporalSelfAttention({ mode: "space" as never })],
			[
				/`numHeads` is 3, and x has 4 features/,
				() => temporalSelfAttention({ numHeads: 3 }).apply(vectors()),
			],
			[
				/`mode` is 'joint' for frames that are vectors/,
				() => temporalSelfAttention({ numHeads: 2, mode: "joint" }).apply(vectors()),
			],
			[
				/`temperature` is 2 with `estimator` 'topk'/,
				() => hardFrameSelection({ estimator: "topk", temperature: 2 }),
			],
		];
		for (const [message, make] of wrong) expect(() => tf.tidy(() => make() as tf.Tensor)).toThrow(message);
	});
});
