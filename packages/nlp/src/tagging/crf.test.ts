import { HeedError } from "@heed/core";
import {
	describeOnEveryBackend,
	expectClose,
	expectGradientsMatch,
	expectNoLeak,
	randomTensor,
} from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { composedLogLikelihood } from "./composed-log-likelihood.ts";
import { type CrfOptions, crfLogLikelihood } from "./crf-log-likelihood.ts";
import { viterbiDecode } from "./viterbi-decode.ts";

const [batch, length, tags] = [5, 4, 3];
const counts = [4, 1, 0, 3, 2];

/** Every path of so many places, as in an odometer. */
function allPaths(count: number): number[][] {
	return Array.from({ length: tags ** count }, (_, number) =>
		Array.from({ length: count }, (_, place) => Math.floor(number / tags ** place) % tags),
	);
}

/** The score of a path in float64, by its definition. */
function scoreOf(path: readonly number[], emissions: number[][], options: CrfOptions): number {
	const transitions = options.transitions.arraySync();
	const [start, end] = [options.start, options.end].map((side) => side?.arraySync() ?? [0, 0, 0]);
	return path.reduce((sum, tag, t) => {
		const before = t === 0 ? start?.[tag] : transitions[path[t - 1] ?? 0]?.[tag];
		const after = t === path.length - 1 ? end?.[tag] : 0;
		return sum + (emissions[t]?.[tag] ?? Number.NaN) + (before ?? Number.NaN) + (after ?? Number.NaN);
	}, 0);
}

function make(scale = 1): {
	emissions: tf.Tensor3D;
	ids: tf.Tensor2D;
	options: CrfOptions & { lengths: tf.Tensor1D };
} {
	const ids = Array.from({ length: batch * length }, (_, i) => (i * 7 + (i >> 2)) % tags);
	return {
		emissions: randomTensor<tf.Rank.R3>([batch, length, tags], 1, scale),
		ids: tf.tensor2d(ids, [batch, length], "int32"),
		options: {
			transitions: randomTensor<tf.Rank.R2>([tags, tags], 2, scale),
			start: randomTensor<tf.Rank.R1>([tags], 3, scale),
			end: randomTensor<tf.Rank.R1>([tags], 4, scale),
			lengths: tf.tensor1d(counts, "int32"),
		},
	};
}

/** By brute force over all paths, in float64. */
function expected({ emissions, ids, options }: ReturnType<typeof make>): number[] {
	const paths = ids.arraySync();
	return emissions.arraySync().map((rows, row) => {
		const count = counts[row] ?? 0;
		if (count === 0) return 0;
		const all = allPaths(count).map((path) => scoreOf(path, rows, options));
		const most = Math.max(...all);
		const logZ = most + Math.log(all.reduce((sum, score) => sum + Math.exp(score - most), 0));
		return scoreOf((paths[row] ?? []).slice(0, count), rows, options) - logZ;
	});
}

describeOnEveryBackend("crfLogLikelihood", () => {
	it.each([0, 0.1, 1, 30, 3000])("sums over all paths, with scores of size %d", (scale) => {
		tf.tidy(() => {
			const made = make(scale);
			const wanted = expected(made);
			expectClose(crfLogLikelihood(made.emissions, made.ids, made.options), wanted, { atol: 1e-5 });
			const { start, end } = made.options as { start: tf.Tensor1D; end: tf.Tensor1D };
			const inputs = { ...made.options, start, end, emissions: made.emissions, tags: made.ids };
			expectClose(composedLogLikelihood(inputs), wanted, { atol: 1e-4 * Math.max(1, scale) });
		});
	});

	it("takes start and end as 0, and all places, where nothing is said", () => {
		tf.tidy(() => {
			const { emissions, ids, options } = make();
			const { transitions } = options;
			const zeros = tf.zeros<tf.Rank.R1>([tags]);
			const lengths = tf.fill<tf.Rank.R1>([batch], length, "int32");
			expectClose(
				crfLogLikelihood(emissions, ids, { transitions }),
				crfLogLikelihood(emissions, ids, { transitions, start: zeros, end: zeros, lengths }),
				{ atol: 0 },
			);
		});
	});

	it("has the gradients of finite differences, and the same on the tape", () => {
		const { emissions, ids, options } = make();
		const { transitions, start, end, lengths } = options;
		const inputs = [emissions, transitions, start, end] as tf.Tensor[];
		const f = (...[e, t, s, n]: tf.Tensor[]): tf.Tensor =>
			crfLogLikelihood(e as tf.Tensor3D, ids, {
				transitions: t as tf.Tensor2D,
				start: s as tf.Tensor1D,
				end: n as tf.Tensor1D,
				lengths,
			});
		expectGradientsMatch(f, inputs, { names: ["emissions", "transitions", "start", "end"], coordinates: 60 });
		const composed = (...[e, t, s, n]: tf.Tensor[]): tf.Tensor =>
			composedLogLikelihood({ emissions: e, transitions: t, start: s, end: n, tags: ids, lengths } as never);
		tf.tidy(() => {
			const upstream = randomTensor([batch], 9);
			const [found, other] = [f, composed].map((g) => tf.grads(g)(inputs, upstream));
			found?.forEach((gradient, i) => {
				expectClose(gradient, other?.[i] as tf.Tensor, { atol: 1e-5, label: `input ${i}` });
			});
		});
		tf.dispose([...inputs, ids, lengths]);
	});

	it("is exact where a scaled product would lose the way: scores that are a thousand apart", () => {
		tf.tidy(() => {
			// The best beginning may not go on to tag 1, which alone can end the sentence; the other is e^-900 as probable.
			const emissions = tf.tensor3d([0, -900, -2000, 0, 0, 0], [1, 2, 3]);
			const transitions = tf.tensor2d([0, -1e4, 0, 0, 0, 0, 0, -1e4, 0], [3, 3]);
			const end = tf.tensor1d([-1e4, 0, -1e4]);
			const ids = tf.tensor2d([[1, 1]], undefined, "int32");
			const likelihood = (e: tf.Tensor, t: tf.Tensor): tf.Tensor =>
				crfLogLikelihood(e as tf.Tensor3D, ids, { transitions: t as tf.Tensor2D, end });
			expectClose(likelihood(emissions, transitions), [0]); // the only path that is not forbidden
			const [forEmissions, forTransitions] = tf.grads(likelihood)([emissions, transitions]);
			expectClose(forEmissions as tf.Tensor, new Array(6).fill(0));
			expectClose(forTransitions as tf.Tensor, new Array(9).fill(0));
		});
	});

	it("does not see what stands past a length", () => {
		tf.tidy(() => {
			const { emissions, ids, options } = make();
			const places = tf.reshape(tf.range(0, length, 1, "int32"), [1, length]);
			const past = tf.greaterEqual(places, tf.reshape(options.lengths, [batch, 1])); // [B, T]
			const wide = tf.mul(tf.ones([1, 1, tags]), tf.reshape(tf.cast(past, "float32"), [batch, length, 1]));
			const spoiled = tf.where(tf.cast(wide, "bool"), tf.fill(emissions.shape, Number.NaN), emissions);
			const others = tf.where(past, tf.fill([batch, length], 99, "int32"), ids) as tf.Tensor2D;
			const plain = crfLogLikelihood(emissions, ids, options);
			expectClose(crfLogLikelihood(spoiled as tf.Tensor3D, others, options), plain, { atol: 0 });
			const gradient = tf.grad((e: tf.Tensor) => crfLogLikelihood(e as tf.Tensor3D, others, options))(
				spoiled,
			);
			expectClose(tf.mul(gradient, wide), new Array(batch * length * tags).fill(0));
			expectClose(tf.sum(gradient, 2), new Array(batch * length).fill(0)); // probabilities sum to the one that is
		});
	});

	it("leaves nothing behind, and says what is wrong", () => {
		const { emissions, ids, options } = make();
		const { lengths } = options;
		expectNoLeak(() => crfLogLikelihood(emissions, ids, options));
		expectNoLeak(() =>
			tf.grad((e: tf.Tensor) => crfLogLikelihood(e as tf.Tensor3D, ids, options))(emissions),
		);
		const tell = (message: string, wrong: object, e: tf.Tensor = emissions, y: tf.Tensor = ids): void => {
			const call = (): tf.Tensor =>
				crfLogLikelihood(e as tf.Tensor3D, y as tf.Tensor2D, { ...options, ...wrong });
			expect(call).toThrow(message);
			expectNoLeak(call, { throws: true });
		};
		const wide = tf.tensor1d([5, 1, 1, 1, 1], "int32");
		tell("unknown option `mask`", { mask: ids });
		tell("transitions [from 5, to 4] does not match", { transitions: ids });
		tell("end [tags 5] does not match", { end: lengths });
		tell("lengths[0] is 5; expected 0 to 4", { lengths: wide });
		tell("emissions [5, 4] has rank 2", {}, ids);
		tell(
			"tags is float32",
			{},
			emissions,
			tf.tidy(() => tf.cast(ids, "float32")),
		);
		const beyond = tf.tidy(() => tf.add(ids, tf.scalar(2, "int32")));
		tell("expected 0 to 2, by the tags of emissions", {}, emissions, beyond);
		const [none, noTags] = [tf.zeros([0, 4, 3]), tf.zeros([0, 4], "int32")];
		tell("emissions [batch 0, length 4, tags 3] is empty", { lengths: undefined }, none, noTags);
		tf.dispose([emissions, ids, { ...options }, wide, beyond, none, noTags]);
	});
});

describeOnEveryBackend("viterbiDecode", () => {
	it.each([0.1, 1, 30])("finds the best of all paths, with scores of size %d", async (scale) => {
		const { emissions, ids, options } = make(scale);
		const before = tf.memory().numTensors;
		const found = await viterbiDecode(emissions, options);
		expect(tf.memory().numTensors).toBe(before);
		emissions.arraySync().forEach((rows, row) => {
			const all = allPaths(counts[row] ?? 0);
			const scores = all.map((path) => scoreOf(path, rows, options));
			const best = Math.max(...scores);
			expect(found[row]?.score).toBeCloseTo(best, 6);
			expect([...(found[row]?.tags ?? [])]).toEqual(all[scores.indexOf(best)]);
		});
		tf.dispose([emissions, ids, { ...options }]);
	});

	it("refuses NaN within a length, names it, and does not see it behind", async () => {
		const emissions = tf.tensor3d([1, 2, 3, 4, Number.NaN, 0], [1, 3, 2]);
		const transitions = tf.zeros<tf.Rank.R2>([2, 2]);
		const lengths = (count: number): tf.Tensor1D => tf.tensor1d([count], "int32");
		const [path] = await viterbiDecode(emissions, { transitions, lengths: lengths(2) });
		expect(path).toEqual({ tags: Int32Array.from([1, 1]), score: 6 });
		const nan = tf.tensor2d([0, 0, Number.NaN, 0], [2, 2]);
		const side = tf.tensor1d([0, Number.NaN]);
		const wrong: [object, string][] = [
			[{}, "viterbiDecode: emissions[0, 2, 0] is NaN. Look for NaN in the weights or the input"],
			[{ transitions: nan, lengths: lengths(2) }, "transitions[1, 0] is NaN"],
			[{ start: side, lengths: lengths(2) }, "start[1] is NaN"],
			[{ end: side, lengths: lengths(2) }, "end[1] is NaN"],
			[{ lengths: lengths(4) }, "lengths[0] is 4; expected 0 to 3, by the places of emissions"],
		];
		for (const [given, message] of wrong) {
			const call = viterbiDecode(emissions, { transitions, ...given });
			await expect(call).rejects.toThrow(message);
			await expect(call).rejects.toThrow(HeedError);
		}
	});

	it("never takes a forbidden transition", async () => {
		const emissions = tf.tensor3d([5, 0, 0, 0, 5, 0, 0, 0, 5], [1, 3, 3]);
		const transitions = tf.tensor2d([0, -Infinity, 0, 0, 0, -Infinity, 0, 0, 0], [3, 3]);
		const [path] = await viterbiDecode(emissions, { transitions });
		expect([...(path?.tags ?? [])]).toEqual([0, 0, 2]);
		await expect(viterbiDecode(emissions, { transitions: emissions as never })).rejects.toThrow(
			"viterbiDecode: transitions [1, 3, 3] has rank 3",
		);
		tf.dispose([emissions, transitions]);
	});
});
