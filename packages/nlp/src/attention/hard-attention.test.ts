import { describeOnEveryBackend, expectClose, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import type { AttentionStep } from "./decoder-attention.ts";
import { HardAttention, type HardAttentionArgs } from "./hard-attention.ts";

const [batch, source, querySize, memorySize, units] = [3, 5, 4, 7, 11];
const query = (): tf.Tensor2D => randomTensor<tf.Rank.R2>([batch, querySize], 7);
const memory = (): tf.Tensor3D => randomTensor<tf.Rank.R3>([batch, source, memorySize], 8);
const lengths = (): tf.Tensor1D => tf.tensor1d([5, 2, 3], "int32");

function make(args: HardAttentionArgs): HardAttention {
	const layer = new HardAttention({ seed: 0, ...args });
	layer.buildFor(querySize, memorySize);
	layer.setWeights(layer.getWeights().map((weight, i) => randomTensor(weight.shape, i + 1, 0.5)));
	return layer;
}

const ask = (layer: HardAttention, seed?: number): AttentionStep =>
	layer.step(query(), layer.setUp(memory(), lengths()), seed === undefined ? {} : { training: { seed } });

/** What the draws are distributed as: the same scores, softly. */
function chances(args: HardAttentionArgs): number[][] {
	const soft = make({ ...args, estimator: "reinforce", softRate: 1 });
	return (ask(soft, 1).alignment as tf.Tensor2D).arraySync();
}

describeOnEveryBackend("HardAttention", () => {
	it("takes the likeliest position outside of training, of additive and general scores", () => {
		for (const args of [{ units }, { score: "general" }] as const) {
			tf.tidy(() => {
				const { alignment, sample } = ask(make(args));
				const expected = chances(args).map((row) => row.map((p) => (p === Math.max(...row) ? 1 : 0)));
				expectClose(alignment, tf.tensor2d(expected), { atol: 0 });
				expect(sample).toBeUndefined();
			});
		}
	});

	it("scores generally by qᵀ W m", () => {
		tf.tidy(() => {
			const layer = make({ score: "general", softRate: 1 });
			const [kernel] = layer.getWeights() as [tf.Tensor2D];
			const projected = tf.matMul(query(), kernel, false, true); // [B, M]
			const scores = tf.sum(tf.mul(memory(), tf.expandDims(projected, 1)), 2); // [B, S]
			expectClose(
				tf.slice(ask(layer, 0).alignment, [0, 0], [1, -1]),
				tf.softmax(tf.slice(scores, [0, 0], [1, -1])),
			);
		});
	});

	it.each(["reinforce", "gumbel", "straightThrough"] as const)(
		"by location alone looks at no memory and no position beyond those learned: %s",
		(estimator) => {
			tf.tidy(() => {
				const args = { score: "location", maxSourceLength: 3 } as const;
				const [kernel] = make(args).getWeights() as [tf.Tensor2D];
				expect(kernel.shape).toEqual([querySize, 3]);
				const scores = tf.matMul(query(), kernel); // [B, 3]
				const soft = tf.tensor2d(chances(args)); // rows of 5, 2 and 3 positions
				expectClose(tf.slice(soft, 0, [1, 3]), tf.softmax(tf.slice(scores, 0, [1, 3])));
				expectClose(tf.slice(soft, [1, 0], [1, 2]), tf.softmax(tf.slice(scores, [1, 0], [1, 2])));
				expectClose(tf.slice(soft, [0, 3], [batch, 2]), new Float32Array(2 * batch), { atol: 0 });

				const layer = make({ ...args, estimator });
				const other = layer.setUp(randomTensor<tf.Rank.R3>([batch, source, memorySize], 9), lengths());
				for (const options of [{}, { training: { seed: 1 } }]) {
					const { alignment } = layer.step(query(), layer.setUp(memory(), lengths()), options);
					expectClose(alignment, layer.step(query(), other, options).alignment, { atol: 0 });
				}
				const slope = tf.grad((q: tf.Tensor) => {
					const state = layer.setUp(memory(), lengths());
					const { context, sample } = layer.step(q as tf.Tensor2D, state, { training: { seed: 1 } });
					const drawn = sample === undefined ? 0 : tf.add(tf.sum(sample.logProb), tf.sum(sample.entropy));
					return tf.add(tf.sum(context), drawn);
				})(query());
				expect([...slope.dataSync()].every(Number.isFinite)).toBe(true);
				expect(Number(tf.norm(slope).dataSync()[0])).toBeGreaterThan(1e-3);
			});
			expect(make({ score: "location", maxSourceLength: 3 }).getConfig()).toMatchObject({
				...{ score: "location", maxSourceLength: 3 },
			});
			expect(() => make({ score: "location" })).toThrow(/`maxSourceLength` is undefined/);
			expect(() => make({ units, maxSourceLength: 3 })).toThrow(
				/`maxSourceLength` is 3 with `score` 'additive'/,
			);
		},
	);

	it("draws as likely as softmax says, and gives the log-probability and entropy of that", () => {
		const layer = make({ units, softRate: 0 });
		const expected = chances({ units });
		const counts = expected.map((row) => row.map(() => 0));
		const draws = 400;
		tf.tidy(() => {
			for (let seed = 0; seed < draws; seed++) {
				tf.tidy(() => {
					const { alignment, sample } = ask(layer, seed);
					const rows = (alignment as tf.Tensor2D).arraySync();
					const logProbs = sample?.logProb.dataSync() as Float32Array;
					rows.forEach((row, b) => {
						const place = row.indexOf(1);
						(counts[b] as number[])[place] = Number(counts[b]?.[place]) + 1;
						expect(Math.abs(Number(logProbs[b]) - Math.log(Number(expected[b]?.[place])))).toBeLessThan(1e-5);
					});
				});
			}
			const { sample } = ask(layer, 0);
			const entropies = expected.map(
				(row) => -row.reduce((sum, p) => sum + (p > 0 ? p * Math.log(p) : 0), 0),
			);
			expectClose(sample?.entropy as tf.Tensor, entropies);
		});
		expected.forEach((row, b) => {
			row.forEach((p, j) => {
				const deviation = Math.sqrt((p * (1 - p)) / draws);
				expect(Math.abs(Number(counts[b]?.[j]) / draws - p)).toBeLessThanOrEqual(4 * deviation);
			});
		});
	});

	it("draws the same from the same seed, 0 too", () => {
		tf.tidy(() => {
			for (const estimator of ["reinforce", "gumbel", "straightThrough"] as const) {
				const layer = make({ units, estimator });
				const at = (seed: number): number[] => [...ask(layer, seed).alignment.dataSync()];
				expect(at(0)).toEqual(at(0));
				expect([1, 2, 3].some((seed) => at(seed).join() !== at(0).join())).toBe(true);
			}
		});
	});

	it("draws anew in every call inside `fit`, the same from the same seed of the layer", () => {
		tf.tidy(() => {
			const [one, two] = [
				make({ units, estimator: "straightThrough" }),
				make({ units, estimator: "straightThrough" }),
			];
			const call = (layer: HardAttention, kwargs = {}): string =>
				[...(layer.apply([tf.expandDims(query(), 1), memory()], kwargs) as tf.Tensor).dataSync()].join();
			const calls = (layer: HardAttention): string[] =>
				[1, 2, 3, 4].map(() => call(layer, { training: true }));
			const drawn = calls(one);
			expect(new Set(drawn).size).toBeGreaterThan(1);
			expect(calls(two)).toEqual(drawn);
			expect(call(one)).toBe(call(two));
		});
	});

	it("takes the expectation of some rows, each for itself, whose draw then does not count", () => {
		tf.tidy(() => {
			const layer = make({ units });
			const expected = chances({ units });
			let [soft, hard, mixed] = [0, 0, 0];
			for (let seed = 0; seed < 60; seed++) {
				const { alignment, sample } = ask(layer, seed);
				const rows = (alignment as tf.Tensor2D).arraySync();
				if (new Set(rows.map((row) => row.includes(1))).size === 2) mixed++;
				rows.forEach((row, b) => {
					const isHard = row.includes(1);
					const logProb = Number(sample?.logProb.dataSync()[b]);
					if (isHard) hard++;
					else soft++;
					expect(logProb !== 0).toBe(isHard);
					if (!isHard) expectClose(row, expected[b] as number[]);
				});
			}
			expect(Math.abs(soft / (soft + hard) - 0.5)).toBeLessThan(0.15); // 180 draws: 4 deviations
			expect(Math.abs(mixed / 60 - 0.75)).toBeLessThan(0.23); // 3 rows of one kind: a chance of 1/4
		});
	});

	it("is soft with Gumbel noise, and hard with the gradient of that straight through", () => {
		tf.tidy(() => {
			const soft = make({ units, estimator: "gumbel", temperature: 0.7 });
			const hard = make({ units, estimator: "straightThrough", temperature: 0.7 });
			const upstream = randomTensor<tf.Rank.R2>([batch, source], 5);
			const slope = (layer: HardAttention): tf.Tensor =>
				tf.grad((q: tf.Tensor) => {
					const state = layer.setUp(memory(), lengths());
					const { alignment } = layer.step(q as tf.Tensor2D, state, { training: { seed: 4 } });
					return tf.sum(tf.mul(alignment, upstream));
				})(query());
			expectClose(slope(hard), slope(soft));
			expect(Number(tf.norm(slope(hard)).dataSync()[0])).toBeGreaterThan(1e-2);
			const rows = (ask(hard, 4).alignment as tf.Tensor2D).arraySync();
			const softRows = (ask(soft, 4).alignment as tf.Tensor2D).arraySync();
			rows.forEach((row, b) => {
				const values = softRows[b] as number[];
				expect(row.indexOf(1)).toBe(values.indexOf(Math.max(...values)));
				expectClose([values.reduce((sum, value) => sum + value, 0)], [1]);
			});
		});
	});

	it("has straight through the gradient of Jang's formula, in float64", () => {
		const [seed, temperature] = [4, 0.7];
		const upstream = randomTensor<tf.Rank.R2>([batch, source], 5);
		const args = { units, estimator: "straightThrough", temperature } as const;
		const found = tf.tidy(() => {
			const layer = make(args);
			// Scores of 0 and a temperature of 1 leave softmax(noise), and a softmax does not see what its logarithm lacks.
			const silent = make({ units, estimator: "gumbel" });
			silent.setWeights(silent.getWeights().map(tf.zerosLike));
			const weigh = (q: tf.Tensor): tf.Tensor => {
				const { alignment } = layer.step(q as tf.Tensor2D, layer.setUp(memory(), lengths()), {
					training: { seed },
				});
				return tf.sum(tf.mul(alignment, upstream));
			};
			return {
				slope: tf.grad(weigh)(query()).arraySync() as number[][],
				chosen: ask(layer, seed).alignment.arraySync() as number[][],
				noisy: ask(silent, seed).alignment.arraySync() as number[][],
				weights: layer.getWeights().map((weight) => weight.arraySync()),
			};
		});
		const [queryKernel, memoryKernel, scoreKernel, bias] = found.weights as [
			number[][],
			number[][],
			number[],
			number[],
		];
		const product = (row: readonly number[], kernel: number[][], u: number): number =>
			row.reduce((sum, value, i) => sum + value * Number(kernel[i]?.[u]), 0);
		const [queries, memories, outer] = tf.tidy(
			() => [query().arraySync(), memory().arraySync(), upstream.arraySync()] as const,
		);
		[5, 2, 3].forEach((length, b) => {
			const hidden = Array.from({ length }, (_, j) =>
				scoreKernel.map((_, u) =>
					Math.tanh(
						product(queries[b] ?? [], queryKernel, u) +
							product(memories[b]?.[j] ?? [], memoryKernel, u) +
							Number(bias[u]),
					),
				),
			);
			const scores = hidden.map((row) => row.reduce((sum, h, u) => sum + h * Number(scoreKernel[u]), 0));
			const powers = scores.map((score, j) =>
				Math.exp((score + Math.log(Number(found.noisy[b]?.[j]))) / temperature),
			);
			const total = powers.reduce((sum, power) => sum + power, 0);
			const soft = powers.map((power) => power / total);
			const place = soft.indexOf(Math.max(...soft));
			expect(found.chosen[b]).toEqual(Array.from({ length: source }, (_, j) => (j === place ? 1 : 0)));
			const mean = soft.reduce((sum, y, j) => sum + y * Number(outer[b]?.[j]), 0);
			const slopes = soft.map((y, j) => (y * (Number(outer[b]?.[j]) - mean)) / temperature); // of the scores
			const expected = queryKernel.map((row) =>
				slopes.reduce(
					(sum, slope, j) =>
						sum +
						slope *
							row.reduce(
								(inner, w, u) => inner + w * Number(scoreKernel[u]) * (1 - Number(hidden[j]?.[u]) ** 2),
								0,
							),
					0,
				),
			);
			expect(Math.max(...expected.map(Math.abs))).toBeGreaterThan(1e-3);
			expectClose(found.slope[b] as number[], expected, { atol: 1e-6 });
		});
		upstream.dispose();
	});
});
