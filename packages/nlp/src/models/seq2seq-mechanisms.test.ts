import { captureAttention } from "@heed/layers";
import { describeOnEveryBackend, expectClose, expectNoLeak, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import type { AttentionConfig } from "../attention/attention-by-name.ts";
import { beamDecode } from "../decode/beam-decode.ts";
import { Seq2Seq } from "./seq2seq.ts";
import type { Seq2SeqBatch, SourceBatch } from "./seq2seq-batch.ts";
import type { Seq2SeqConfig } from "./seq2seq-config.ts";
import type { Seq2SeqLossOptions } from "./seq2seq-loss-options.ts";

const small = {
	...{ sourceVocabularySize: 11, targetVocabularySize: 7, embeddingSize: 3, units: 5, seed: 4 },
};
const mechanisms: AttentionConfig[] = [
	{ kind: "locationAware", units: 5, filters: 2, kernelSize: 3, alignments: "both" },
	{ kind: "gaussian", components: 2 },
	{ kind: "monotonic", units: 5 },
	{ kind: "hard", units: 5, estimator: "gumbel" },
	{ kind: "coverage", units: 5 },
];
const draws: AttentionConfig[] = [
	{ kind: "hard", units: 5 },
	{ kind: "hard", score: "general", estimator: "straightThrough" },
	{ kind: "hard", score: "location", maxSourceLength: 4 },
];

// biome-ignore format: a table
const [sources, targets] = [[[5, 9, 4, 0, 0], [7, 8, 4, 10, 6]], [[1, 4, 5, 2, 0, 0], [1, 6, 5, 4, 3, 2]]];
const ids = (rows: number[][]): tf.Tensor2D => tf.tensor2d(rows, undefined, "int32");

function makeBatch(rows: readonly number[] = [0, 1]): Seq2SeqBatch {
	const pick = <T>(values: readonly T[]): T[] => rows.map((row) => values[row] as T);
	return {
		source: ids(pick(sources as number[][])),
		sourceLengths: tf.tensor1d(pick([3, 5]), "int32"),
		target: ids(pick(targets as number[][])),
		targetLengths: tf.tensor1d(pick([4, 6]), "int32"),
	};
}

/** A model whose predictions depend much on all that it remembers. */
function makeSharp(config: Partial<Seq2SeqConfig>, scale = 1.2): Seq2Seq {
	const model = new Seq2Seq({ ...small, ...config });
	[...model.weights.values()].forEach((variable, i) => {
		tf.tidy(() => variable.assign(tf.mul(randomTensor(variable.shape, i + 1), scale)));
	});
	return model;
}

const numberOf = (scalar: tf.Tensor): number => Number(scalar.dataSync()[0]);

describeOnEveryBackend("Seq2Seq with attention that remembers or draws", () => {
	it.each(mechanisms)("has a loss whose gradient is right for every weight: %o", (attention) => {
		const model = makeSharp({ attention }, 0.8);
		const batch = makeBatch();
		// Of a seed, so that there is noise, and the expectation of the monotonic mechanism.
		const loss = (): tf.Scalar => model.loss(batch, { trainingSeed: 2, doublyStochasticWeight: 0.3 });
		const { grads } = tf.variableGrads(loss, [...model.weights.values()]);
		for (const [name, variable] of model.weights) {
			tf.tidy(() => {
				const gradient = grads[variable.name] as tf.Tensor;
				const norm = numberOf(tf.norm(gradient));
				expect(norm, name).toBeGreaterThan(5e-4);
				const start = tf.clone(variable);
				const at = (shift: number): number => {
					variable.assign(tf.add(start, tf.mul(gradient, shift / norm)));
					return numberOf(loss());
				};
				const difference = (h: number): number => (at(h) - at(-h)) / (2 * h);
				const numeric = (4 * difference(5e-3) - difference(1e-2)) / 3;
				variable.assign(start);
				expect(Math.abs(norm - numeric), name).toBeLessThan(0.02 * norm + 1e-4);
			});
		}
		tf.dispose([grads, { ...batch }]);
		model.dispose();
	});

	it.each([...mechanisms, ...draws])(
		"predicts step by step what it predicts teacher-forced: %o",
		(attention) => {
			const model = makeSharp({ attention });
			const batch = makeBatch();
			tf.tidy(() => {
				const forced = tf.logSoftmax(model.logits(batch)); // [B, T − 1, V]
				let state = model.start(batch, 1);
				for (let t = 0; t < 5; t++) {
					const tokens = tf.reshape(tf.slice(batch.target, [0, t], [-1, 1]), [2]) as tf.Tensor1D;
					const step = model.step(tokens, state);
					state = step.state;
					expectClose(step.logProbs, tf.squeeze(tf.slice(forced, [0, t, 0], [-1, 1, -1]), [1]), {
						atol: 5e-5,
						label: `step ${t}`,
					});
				}
			});
			tf.dispose({ ...batch });
			model.dispose();
		},
	);

	it.each([...mechanisms, ...draws])(
		"decodes a batch in any order as its rows alone: %o",
		async (attention) => {
			const model = makeSharp({ attention });
			const decode = async (rows: readonly number[]): Promise<object[]> => {
				const { source, sourceLengths, target, targetLengths } = makeBatch(rows);
				const batch: SourceBatch = { source, sourceLengths };
				const before = tf.memory().numTensors;
				const found = await beamDecode(model, batch, { maxLength: 5, beamSize: 3, nBest: 3, never: [0, 1] });
				expect(tf.memory().numTensors).toBe(before);
				tf.dispose([source, sourceLengths, target, targetLengths]);
				return found.map((hypotheses) => hypotheses.map(({ tokens }) => tokens));
			};
			const [one, two] = [await decode([0]), await decode([1])];
			expect(await decode([0, 1])).toEqual([...one, ...two]);
			expect(await decode([1, 0, 1])).toEqual([...two, ...one, ...two]);
			model.dispose();
		},
	);

	it.each([...mechanisms, ...draws])("draws from the seed, and leaves nothing behind: %o", (attention) => {
		const model = makeSharp({ attention });
		const batch = makeBatch();
		const variables = [...model.weights.values()];
		tf.tidy(() => {
			const at = (options: Seq2SeqLossOptions): number => numberOf(model.loss(batch, options));
			expect(at({ trainingSeed: 0 })).toBe(at({ trainingSeed: 0 }));
			expect(at({})).toBe(at({}));
			const random = attention.kind === "hard" || attention.kind === "monotonic";
			const seeds = [0, 1, 2, 3].map((trainingSeed) => at({ trainingSeed }));
			expect(new Set(seeds).size > 1).toBe(random);
			if (!random) expect(at({ trainingSeed: 0 })).toBe(at({}));
		});
		const refused = attention.kind === "hard" || attention.kind === "monotonic"; // without a seed
		for (const options of [{}, { trainingSeed: 1 }] satisfies Seq2SeqLossOptions[]) {
			expectNoLeak(() => model.loss(batch, options));
			const slopes = (): tf.TensorContainer => ({
				...tf.variableGrads(() => model.loss(batch, options), variables),
			});
			expectNoLeak(slopes, { throws: refused && options.trainingSeed === undefined });
		}
		tf.dispose({ ...batch });
		const before = tf.memory().numTensors;
		makeSharp({ attention }).dispose();
		expect(tf.memory().numTensors).toBe(before);
		model.dispose();
	});

	it("adds coverage times its weight, the mean over the tokens that count", () => {
		const model = makeSharp({ attention: { kind: "coverage", units: 5 } });
		const batch = makeBatch();
		tf.tidy(() => {
			const at = (coverageWeight?: number): number => numberOf(model.loss(batch, { coverageWeight }));
			let state = model.start(batch, 1);
			let coverage = tf.zeros([2, 5]);
			let [sum, tokens] = [0, 0];
			for (let t = 0; t < 5; t++) {
				const step = model.step(
					tf.reshape(tf.slice(batch.target, [0, t], [-1, 1]), [2]) as tf.Tensor1D,
					state,
				);
				const penalties = tf.sum(tf.minimum(step.alignment as tf.Tensor, coverage), 1).dataSync();
				[3, 5].forEach((length, row) => {
					if (t >= length) return;
					sum += Number(penalties[row]);
					tokens++;
				});
				coverage = tf.add(coverage, step.alignment as tf.Tensor);
				state = step.state;
			}
			expect(sum / tokens).toBeGreaterThan(1e-2);
			expectClose([at() - at(0), at(3) - at(0)], [sum / tokens, (3 * sum) / tokens]);
		});
		tf.dispose({ ...batch });
		model.dispose();
	});

	it.each<AttentionConfig>([
		{ kind: "luong", score: "dot" },
		{ kind: "coverage", units: 5 },
	])("adds the doubly stochastic penalty of each sentence, per token: %o", (attention) => {
		const model = makeSharp({ attention, ...(attention.kind === "luong" && { bidirectional: false }) });
		const batch = makeBatch();
		tf.tidy(() => {
			const plain = numberOf(model.loss(batch));
			const { result, records } = captureAttention(() => model.loss(batch, { doublyStochasticWeight: 0.3 }));
			const weights = records[0]?.weights.arraySync() as number[][][]; // [B, T, S]
			let penalty = 0;
			[3, 5].forEach((positions, b) => {
				for (let i = 0; i < positions; i++) {
					const steps = weights[b]?.slice(0, [3, 5][b]) ?? [];
					penalty += (1 - steps.reduce((sum, step) => sum + Number(step[i]), 0)) ** 2;
				}
			});
			expect(numberOf(result) - plain).toBeCloseTo((0.3 * penalty) / 8, 5);
			tf.dispose(records.map((record) => record.weights));
		});
		tf.dispose({ ...batch });
		model.dispose();
	});

	it.each<AttentionConfig>([
		{ kind: "monotonic", units: 5, mode: "parallel" },
		{ kind: "coverage", units: 5 },
	])("teaches the scores of %o without a seed too", (attention) => {
		const model = makeSharp({ attention });
		const batch = makeBatch();
		const scores = [...model.weights].filter(([name]) => name.startsWith("decoder/attention/"));
		expect(scores.length).toBeGreaterThan(2);
		// Where the host finds no way to a weight at all, it says null.
		const largest = (options: Seq2SeqLossOptions): number => {
			const { grads, value } = tf.variableGrads(
				() => model.loss(batch, options),
				[...model.weights.values()],
			);
			const all = scores.map(([, { name }]) => numberOf(tf.max(tf.abs(grads[name] ?? tf.scalar(0)))));
			tf.dispose([grads, value]);
			return Math.max(...all);
		};
		tf.tidy(() => {
			expect(largest({})).toBeGreaterThan(1e-4);
			expect(largest({ trainingSeed: 1 })).toBeGreaterThan(1e-4);
		});
		tf.dispose({ ...batch });
		model.dispose();
	});

	it("learns with each of them", () => {
		for (const attention of [...mechanisms, ...draws]) {
			const model = new Seq2Seq({ ...small, units: 8, attention, seed: 1 });
			const batch = makeBatch();
			const optimizer = tf.train.adam(0.02);
			const before = tf.tidy(() => numberOf(model.loss(batch)));
			for (let trainingSeed = 0; trainingSeed < 15; trainingSeed++) {
				optimizer.minimize(() => model.loss(batch, { trainingSeed }), false, [...model.weights.values()]);
			}
			const after = tf.tidy(() => numberOf(model.loss(batch)));
			expect(after, JSON.stringify(attention)).toBeLessThan(0.75 * before);
			tf.dispose({ ...batch });
			optimizer.dispose();
			model.dispose();
		}
	});

	it("says what is wrong with the options", () => {
		const model = new Seq2Seq(small);
		const batch = makeBatch();
		const wrong: [Seq2SeqLossOptions, RegExp][] = [
			[{ coverageWeight: -1 }, /`coverageWeight` is -1/],
			[{ doublyStochasticWeight: -1 }, /`doublyStochasticWeight` is -1/],
			[{ reinforceWeight: Number.NaN }, /`reinforceWeight` is NaN/],
			[{ reward: "word" as never }, /'token', 'sentence'/],
			[{ trainingSeed: 1.5 }, /`trainingSeed` is 1.5/],
			[{ dropoutSeed: 1 } as never, /unknown option `dropoutSeed`/],
			[{ coverage: 1 } as never, /unknown option `coverage`/],
		];
		for (const [options, message] of wrong) expect(() => model.loss(batch, options)).toThrow(message);
		tf.dispose({ ...batch });
		model.dispose();
	});
});
