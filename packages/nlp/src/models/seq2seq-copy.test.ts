import { captureAttention, disposeAttention } from "@heed/layers";
import { describeOnEveryBackend, expectClose, expectNoLeak, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { beamDecode } from "../decode/beam-decode.ts";
import { greedyDecode } from "../decode/greedy-decode.ts";
import { padPairs } from "../text/batch-pairs.ts";
import { ExtendedVocabulary } from "../text/extended-vocabulary.ts";
import { Vocabulary } from "../text/vocabulary.ts";
import { Seq2Seq } from "./seq2seq.ts";
import { type Seq2SeqBatch, toSeq2SeqBatch } from "./seq2seq-batch.ts";
import type { Seq2SeqConfig } from "./seq2seq-config.ts";

const sourceWords = new Vocabulary(["we", "met", "and", "saw", "you"]); // 9 ids
const targetWords = new Vocabulary(["met", "and", "saw"]); // 7 ids
const small: Seq2SeqConfig = {
	...{ sourceVocabularySize: 9, targetVocabularySize: 7, embeddingSize: 3, units: 5, seed: 4, copy: true },
};
const configs: [string, Seq2SeqConfig][] = [
	["Bahdanau", small],
	["Luong, feeding", { ...small, attention: { kind: "luong" }, inputFeeding: true }],
	["Luong, all at once, LSTM", { ...small, attention: { kind: "luong" }, cell: "lstm", decoderLayers: 2 }],
	["coverage", { ...small, attention: { kind: "coverage", units: 5 } }],
];

interface Example {
	readonly source: readonly string[];
	readonly target: readonly string[];
}

const examples: Example[] = [
	{ source: ["Zoë", "met", "Zoë", "and", "Ask"], target: ["Ask", "met", "Zoë"] },
	{ source: ["we", "saw", "Bo"], target: ["Bo", "saw", "Ask", "and", "Bo"] }, // this source has no Ask
];

const extend = (of: readonly Example[]): ExtendedVocabulary[] =>
	of.map(({ source }) => new ExtendedVocabulary(targetWords, source));

function makeBatch(of: readonly Example[] = examples): Seq2SeqBatch {
	const extended = extend(of);
	const pairs = of.map(({ source, target }, i) => ({
		source: sourceWords.encode(source),
		target: (extended[i] as ExtendedVocabulary).encode(target, { bos: true, eos: true }),
	}));
	return toSeq2SeqBatch(padPairs(pairs, Array.from(pairs.keys())), extended);
}

function makeSharp(config: Seq2SeqConfig): Seq2Seq {
	const model = new Seq2Seq(config);
	[...model.weights.values()].forEach((variable, i) => {
		tf.tidy(() => variable.assign(randomTensor(variable.shape, i + 1)));
	});
	return model;
}

const numberOf = (scalar: tf.Tensor): number => Number(scalar.dataSync()[0]);

describeOnEveryBackend("Seq2Seq that copies", () => {
	it.each(configs)("refuses to decode with weights that are NaN: %s", async (_, config) => {
		const model = new Seq2Seq(config);
		for (const variable of model.weights.values()) {
			tf.tidy(() => variable.assign(tf.fill(variable.shape, Number.NaN)));
		}
		const batch = makeBatch();
		const before = tf.memory().numTensors;
		const message = /every log-probability of step 0 is NaN/;
		await expect(greedyDecode(model, batch, { maxLength: 3 })).rejects.toThrow(message);
		await expect(beamDecode(model, batch, { maxLength: 3, beamSize: 2 })).rejects.toThrow(message);
		expect(tf.memory().numTensors).toBe(before);
		expect(numberOf(model.loss(batch))).toBeNaN();
		tf.dispose({ ...batch });
		model.dispose();
	});

	it("reads a batch of words that the vocabulary lacks", () => {
		const batch = makeBatch();
		expect(batch.extraTokens).toBe(2);
		expect(batch.source.arraySync()).toEqual([
			[3, 5, 3, 6, 3],
			[4, 7, 3, 0, 0],
		]);
		expect(batch.copyIds?.arraySync()).toEqual([
			[7, 4, 7, 5, 8],
			[7, 6, 8, 0, 0], // "we" is a word of the source's vocabulary only
		]);
		tf.dispose({ ...batch });
		expectNoLeak(() => ({ ...makeBatch() }) as tf.TensorContainer);
		expect(() => toSeq2SeqBatch(padPairs([{ source: [4], target: [1, 2] }], [0]), extend(examples))).toThrow(
			/2 vocabularies came for 1 rows/,
		);
	});

	it.each(configs)("has a loss whose gradient is right for every weight: %s", (_, config) => {
		const model = makeSharp(config);
		const batch = makeBatch();
		const loss = (): tf.Scalar => model.loss(batch);
		const { value, grads } = tf.variableGrads(loss, [...model.weights.values()]);
		expect([...model.weights.keys()]).toContain("decoder/copy/kernel");
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
				const numeric = (at(1e-2) - at(-1e-2)) / 2e-2;
				variable.assign(start);
				expect(Math.abs(norm - numeric), name).toBeLessThan(0.02 * norm + 1e-4);
			});
		}
		tf.dispose([value, grads, { ...batch } as tf.TensorContainerObject]);
		model.dispose();
	});

	it.each(configs)(
		"predicts step by step what it predicts teacher-forced, and what its loss says: %s",
		(_, config) => {
			const model = makeSharp(config);
			const batch = makeBatch();
			tf.tidy(() => {
				const forced = model.logits(batch); // [B, T, V + X]
				expect(forced.shape).toEqual([2, 6, 9]);
				expectClose(tf.sum(tf.exp(forced), 2), new Array(12).fill(1));
				let state = model.start(batch, 1);
				let sum = 0;
				for (let t = 0; t < 6; t++) {
					const column = (at: number): tf.Tensor1D =>
						tf.reshape(tf.slice(batch.target, [0, at], [-1, 1]), [2]);
					const step = model.step(column(t), state);
					state = step.state;
					expectClose(
						tf.exp(step.logProbs),
						tf.exp(tf.squeeze(tf.slice(forced, [0, t, 0], [-1, 1, -1]), [1])),
					);
					const values = step.logProbs.arraySync();
					column(t + 1)
						.arraySync()
						.forEach((label, row) => {
							if (t < Number([4, 6][row])) sum -= Number(values[row]?.[label]);
						});
				}
				expectClose(model.loss(batch, { coverageWeight: 0 }), [sum / 10], { atol: 1e-4 });
			});
			tf.dispose({ ...batch } as tf.TensorContainerObject);
			model.dispose();
		},
	);

	it.each(configs)(
		"decodes extra words, each source its own, and leaves nothing behind: %s",
		async (_, config) => {
			const model = makeSharp(config);
			const batch = makeBatch();
			const options = { maxLength: 5, minLength: 2, beamSize: 3, nBest: 3 };
			const before = tf.memory().numTensors;
			const both = await beamDecode(model, batch, options);
			expect(tf.memory().numTensors).toBe(before);
			for (const row of [0, 1]) {
				const own = makeBatch([examples[row] as Example]);
				const [alone] = await beamDecode(model, own, options);
				expect(both[row]?.map(({ tokens }) => tokens)).toEqual(alone?.map(({ tokens }) => tokens));
				const limit = 7 + Number(own.extraTokens);
				expect(alone?.every(({ tokens }) => tokens.every((id) => id < limit))).toBe(true);
				tf.dispose({ ...own } as tf.TensorContainerObject);
			}
			expectNoLeak(() => model.loss(batch));
			expectNoLeak(() => model.logits(batch));
			tf.dispose({ ...batch } as tf.TensorContainerObject);
			model.dispose();
		},
	);

	it.each(configs)("records how much it generates, teacher-forced and decoding: %s", async (_, config) => {
		const model = makeSharp(config);
		const source = makeBatch([...examples, { source: [], target: ["met"] }]); // the last has nothing to copy
		const decoded = await captureAttention(() => greedyDecode(model, source, { maxLength: 4, minLength: 4 }));
		const axesOf = (list: typeof decoded.records) => list.map(({ axes }) => axes);
		expect(axesOf(decoded.records)).toEqual(new Array(5).fill(["batch"]));
		const tokens = decoded.result.map((hypothesis) => [Vocabulary.bos, ...hypothesis.tokens]);
		const target = tf.tensor2d(tokens, [3, 6], "int32");
		const targetLengths = tf.fill<tf.Rank.R1>([3], 6, "int32");
		const batch = { ...source, target, targetLengths };
		const forced = captureAttention(() => model.logits(batch));
		const trained = captureAttention(() => model.loss(batch));
		for (const { records } of [forced, trained]) {
			expect(axesOf(records)).toEqual([
				["batch", "query", "key"],
				["batch", "query"],
			]);
		}
		const [alignments, gates] = forced.records.map(({ weights }) => weights) as [tf.Tensor3D, tf.Tensor2D];
		expectClose(gates, trained.records[1]?.weights as tf.Tensor, { atol: 0 });
		tf.tidy(() =>
			expectClose(gates, tf.stack(decoded.records.map(({ weights }) => weights) as tf.Tensor1D[], 1)),
		);
		const ids = source.copyIds?.arraySync() as number[][];
		const chances = tf.tidy(() => tf.exp(forced.result).arraySync() as number[][][]);
		const seen = alignments.arraySync();
		gates.arraySync().forEach((row, r) => {
			expect(row.every((value) => value > 0 && (r === 2 ? value === 1 : value < 1))).toBe(true);
			row.forEach((generates, t) => {
				// What the vocabulary lacks is copied alone: P(w) = (1 − p_gen) · Σ α.
				for (const word of [7, 8]) {
					const given = seen[r]?.[t]?.filter((__, i) => ids[r]?.[i] === word) ?? [];
					const copied = (1 - generates) * given.reduce((sum, value) => sum + value, 0);
					expectClose([Number(chances[r]?.[t]?.[word])], [copied]);
				}
			});
		});
		disposeAttention([decoded, forced, trained].flatMap(({ records }) => records));
		tf.dispose([forced.result, trained.result, target, targetLengths, { ...source }] as tf.TensorContainer);
		model.dispose();
	});

	it("learns to copy words that it has never seen", async () => {
		const model = new Seq2Seq({
			...small,
			units: 12,
			embeddingSize: 6,
			seed: 1,
			attention: { kind: "luong" },
		});
		const names = ["Zoë", "Bo", "Ask", "Una", "Ib", "Åse", "Kai", "Liv"];
		const verbs = ["met", "saw"];
		const sentence = (i: number): Example => {
			const [one, other] = [names[i % 8], names[(3 * i + 1 + Math.floor(i / 8)) % 8]] as [string, string];
			const verb = verbs[i % 2] as string;
			return { source: [one, verb, other], target: [other, verb, one] }; // turned round
		};
		const batch = makeBatch(Array.from({ length: 16 }, (_, i) => sentence(i)));
		const optimizer = tf.train.adam(0.03);
		const variables = [...model.weights.values()];
		for (let step = 0; step < 60; step++) optimizer.minimize(() => model.loss(batch), false, variables);
		const unseen: Example[] = [
			{ source: ["Ragnhild", "saw", "Torbjørn"], target: [] },
			{ source: ["Nils", "met", "Ragnhild"], target: [] },
		];
		const extended = extend(unseen);
		const { target, targetLengths, ...source } = makeBatch(unseen);
		const found = await greedyDecode(model, source, { maxLength: 5 });
		expect(found.map(({ tokens }, row) => extended[row]?.decode(tokens))).toEqual([
			["Torbjørn", "saw", "Ragnhild"],
			["Ragnhild", "met", "Nils"],
		]);
		tf.dispose([target, targetLengths, { ...source }, { ...batch }] as tf.TensorContainer);
		optimizer.dispose();
		model.dispose();
	});

	it("copies the ids of the source where both sides share them", () => {
		const model = makeSharp({ ...small, sourceVocabularySize: 7 });
		const { copyIds, extraTokens, ...batch } = makeBatch([
			{ source: ["met", "and"], target: ["and", "met"] },
		]);
		const shared = { ...batch, source: tf.tensor2d([[4, 5]], undefined, "int32") };
		tf.tidy(() => {
			expectClose(model.loss(shared), model.loss({ ...shared, copyIds: shared.source, extraTokens: 0 }), {
				atol: 0,
			});
			expect(model.logits(shared).shape).toEqual([1, 3, 7]);
		});
		tf.dispose([copyIds, shared.source, { ...batch }] as tf.TensorContainer);
		model.dispose();
	});

	it("says what is wrong", () => {
		const model = new Seq2Seq(small);
		const batch = makeBatch();
		const { copyIds, extraTokens, ...plain } = batch;
		expect(() => model.loss(plain)).toThrow(/no `copyIds`.* 9 source and 7 target ids/);
		expect(() => model.loss({ ...plain, copyIds })).toThrow(/copyIds\[0, 0\] is 7/);
		expect(() => model.loss({ ...batch, extraTokens: 1 })).toThrow(/copyIds\[0, 4\] is 8/);
		expect(() => model.loss({ ...batch, extraTokens: 0.5 })).toThrow(/`extraTokens` is 0.5/);
		expect(() => model.loss({ ...batch, copyIds: batch.target })).toThrow(/copyIds .*expected source 5/);
		expect(() => model.loss(batch, { labelSmoothing: 0.1 })).toThrow(
			/`labelSmoothing` is 0.1 for a model that copies/,
		);
		expectNoLeak(() => model.loss({ ...batch, extraTokens: 1 }), { throws: true });
		expect(() => new Seq2Seq({ ...small, copy: "yes" as never })).toThrow(/`copy` is "yes"/);
		expect(() => new Seq2Seq({ ...small, targetVocabularySize: 3 })).toThrow(/`targetVocabularySize` is 3/);
		expect(Seq2Seq.fromConfig(JSON.parse(JSON.stringify(model.config))).config).toEqual(model.config);
		const other = new Seq2Seq({ ...small, copy: false });
		expect(() => other.loss(batch)).toThrow(/target\[0, 1\] is 8; expected 0 to 6, by the target vocabulary/);
		tf.dispose({ ...batch } as tf.TensorContainerObject);
		other.dispose();
		model.dispose();
	});
});
