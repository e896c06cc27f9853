import { captureAttention, disposeAttention } from "@heed/layers";
import { describeOnEveryBackend, expectClose, expectNoLeak, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import type { BertBatch } from "./bert-batch.ts";
import type { BertConfig } from "./bert-config.ts";
import { BertEncoder, type BertLossOptions } from "./bert-encoder.ts";

const small: BertConfig = {
	...{ vocabularySize: 11, modelDim: 6, layers: 2, numHeads: 3, hiddenDim: 7, maxLength: 9, segmentKinds: 3 },
	...{ maskedLm: true, tokenClasses: 5, textClasses: 4, seed: 2 },
};

const int = (rows: number[][]): tf.Tensor2D => tf.tensor2d(rows, undefined, "int32");

/** Two rows, of 4 and of 6 tokens; `more` columns of padding, filled with `pad`. */
function makeBatch(more = 0, pad = 0): BertBatch & { lengths: tf.Tensor1D; tokenLabels: tf.Tensor2D } {
	const padded = (rows: number[][], filler: number): tf.Tensor2D =>
		int(rows.map((row) => [...row, ...new Array<number>(6 + more - row.length).fill(filler)]));
	return {
		ids: padded(
			[
				[1, 9, 4, 2],
				[1, 8, 4, 10, 6, 2],
			],
			pad,
		),
		segments: padded(
			[
				[0, 0, 1, 1],
				[2, 0, 0, 1, 1, 1],
			],
			pad % 3,
		),
		lengths: tf.tensor1d([4, 6], "int32"),
		tokenLabels: padded(
			[
				[-1, 3, 0, -1],
				[1, -1, 2, 4, -1, 0],
			],
			pad % 5,
		),
	};
}

/** Gives a model weights so large that all of it matters. */
function sharpen(model: BertEncoder): void {
	[...model.weights].forEach(([name, variable], i) => {
		const noise = randomTensor(variable.shape, i + 1, name.endsWith("gamma") ? 0.3 : 0.9);
		tf.tidy(() => variable.assign(name.endsWith("gamma") ? tf.add(noise, 1) : noise));
		noise.dispose();
	});
}

type Loss = (model: BertEncoder, batch: ReturnType<typeof makeBatch>, options?: BertLossOptions) => tf.Scalar;
const read = ({ ids, segments, lengths }: BertBatch): BertBatch => ({ ids, segments, lengths });
const losses: [string, RegExp, Loss][] = [
	[
		"tokenLoss",
		/^(masked_lm|pooler|text_classes)/,
		(model, batch, options) => model.tokenLoss({ ...read(batch), labels: batch.tokenLabels }, options),
	],
	[
		"maskedLmLoss",
		/^(token_classes|pooler|text_classes)/,
		(model, batch, options) => model.maskedLmLoss({ ...read(batch), labels: batch.tokenLabels }, options),
	],
	[
		"textLoss",
		/^(masked_lm|token_classes)/,
		(model, batch, options) =>
			tf.tidy(() => model.textLoss({ ...read(batch), labels: tf.tensor1d([3, 1], "int32") }, options)),
	],
];

describeOnEveryBackend("BertEncoder", () => {
	it.each(losses)("has a loss whose gradient is right for every weight: %s", (_, others, lossOf) => {
		const model = new BertEncoder(small);
		sharpen(model);
		const batch = makeBatch();
		const loss = (): tf.Scalar => lossOf(model, batch, { labelSmoothing: 0.1 });
		const used = [...model.weights].filter(([name]) => !others.test(name));
		const variables = used.map(([, variable]) => variable);
		const { grads } = tf.variableGrads(loss, variables);
		for (const [name, variable] of used) {
			tf.tidy(() => {
				const gradient = grads[variable.name] as tf.Tensor;
				const norm = Number(tf.norm(gradient).dataSync()[0]);
				// The same for all keys, which a softmax does not notice.
				if (name.endsWith("key/bias")) {
					expect(norm, name).toBeLessThan(1e-5);
					return;
				}
				expect(norm, name).toBeGreaterThan(1e-3);
				const start = tf.clone(variable);
				const at = (shift: number): number => {
					variable.assign(tf.add(start, tf.mul(gradient, shift / norm)));
					return Number(loss().dataSync()[0]);
				};
				const slope = (h: number): number => (at(h) - at(-h)) / (2 * h);
				const numeric = (4 * slope(5e-3) - slope(1e-2)) / 3;
				variable.assign(start);
				expect(Math.abs(norm - numeric), name).toBeLessThan(0.01 * norm + 3e-4);
			});
		}
		tf.dispose([grads, { ...batch }]);
		model.dispose();
	});

	it("does not see padding, by lengths or by a mask, and sees everything else", () => {
		const model = new BertEncoder(small);
		sharpen(model);
		tf.tidy(() => {
			const { ids, segments, lengths } = makeBatch();
			const valid = tf.tensor2d([[1, 1, 1, 1, 0, 0], new Array(6).fill(1)], [2, 6], "bool");
			const hidden = model.encode(ids, { segments, lengths });
			const live = (x: tf.Tensor3D): tf.Tensor[] => [
				tf.slice(x, [0, 0, 0], [1, 4, -1]),
				tf.slice(x, [1, 0, 0], [1, 6, -1]),
			];
			const expectSame = (x: tf.Tensor3D, atol: number): void => {
				for (const [i, row] of live(x).entries()) expectClose(row, live(hidden)[i] as tf.Tensor, { atol });
			};
			expectSame(model.encode(ids, { segments, mask: valid }), 0);
			for (const pad of [0, 7]) {
				const wide = makeBatch(3, pad);
				expectSame(model.encode(wide.ids, { segments: wide.segments, lengths }), 1e-6);
				for (const [name, , lossOf] of losses) {
					expectClose(lossOf(model, wide), lossOf(model, makeBatch()), { atol: 1e-6, label: name });
				}
			}
			const kinds = tf.slice(segments as tf.Tensor2D, [0, 0], [1, 4]);
			const alone = model.encode(tf.slice(ids, [0, 0], [1, 4]), { segments: kinds });
			expectClose(alone, live(hidden)[0] as tf.Tensor, { atol: 1e-6 });
			// The last token, and a segment, are seen by the first.
			const first = (x: tf.Tensor3D): Float32Array =>
				tf.slice(x, [1, 0, 0], [1, 1, -1]).dataSync<"float32">();
			const changed = int([
				[1, 9, 4, 2, 0, 0],
				[1, 8, 4, 10, 6, 3],
			]);
			expect(first(model.encode(changed, { segments, lengths }))).not.toEqual(first(hidden));
			expect(first(model.encode(ids, { lengths }))).not.toEqual(first(hidden));
			expectClose(
				model.encode(ids, { lengths, segments: tf.zerosLike(ids) }),
				model.encode(ids, { lengths }),
			);
		});
		model.dispose();
	});

	it("counts only valid tokens that have a label", () => {
		const model = new BertEncoder(small);
		sharpen(model);
		tf.tidy(() => {
			const { ids, lengths } = makeBatch();
			const logProbs = tf.logSoftmax(model.tokenLogits({ ids, lengths })).arraySync();
			const labels = int([
				[-1, 3, -1, -7, 2, 2],
				[-1, -1, -1, -1, 4, 0],
			]);
			const expected = -(
				[logProbs[0]?.[1]?.[3], logProbs[1]?.[4]?.[4], logProbs[1]?.[5]?.[0]] as number[]
			).reduce((sum, value) => sum + value / 3, 0);
			expectClose(model.tokenLoss({ ids, lengths, labels }), [expected]);
			const none = tf.sub(tf.zerosLike(labels), tf.scalar(1, "int32")) as tf.Tensor2D;
			expectClose(model.tokenLoss({ ids, lengths, labels: none }), [0]);
		});
		model.dispose();
	});

	it("stays finite for a row of nothing but padding", () => {
		const model = new BertEncoder(small);
		tf.tidy(() => {
			const { ids } = makeBatch();
			const hidden = model.encode(ids, { lengths: tf.tensor1d([0, 6], "int32") });
			expect(hidden.dataSync().every(Number.isFinite)).toBe(true);
		});
		model.dispose();
	});

	it("is the same model from the same seed and from its config as JSON, and drops by a seed", () => {
		const config = { ...small, dropout: 0.3, attentionDropout: 0.2 };
		const one = new BertEncoder(config);
		const json = JSON.parse(JSON.stringify(one.config)) as BertConfig;
		const two = BertEncoder.fromConfig(json);
		expect(json).toEqual(one.config);
		expect(two.config).toEqual(one.config);
		for (const [name, weight] of one.weights)
			expectClose(two.weights.get(name) as tf.Tensor, weight, { atol: 0 });
		expect(new Set(one.weights.keys()).size).toBe(two.weights.size);
		const batch = makeBatch();
		for (const [, , lossOf] of losses) {
			const loss = (options: BertLossOptions): number =>
				Number(tf.tidy(() => lossOf(one, batch, options)).dataSync()[0]);
			tf.tidy(() => {
				expect(loss({ trainingSeed: 0 })).toBe(loss({ trainingSeed: 0 }));
				expect(loss({ trainingSeed: 0 })).not.toBe(loss({ trainingSeed: 1 }));
				expect(loss({})).not.toBe(loss({ trainingSeed: 0 }));
			});
		}
		tf.dispose({ ...batch });
		for (const model of [one, two]) model.dispose();
	});

	it("tells a capture where it looked, and leaves nothing behind", () => {
		const model = new BertEncoder(small);
		const batch = makeBatch();
		const { result, records } = captureAttention(() => model.encode(batch.ids, { lengths: batch.lengths }));
		expect(result.shape).toEqual([2, 6, 6]);
		expect(records.map(({ layer, weights }) => [layer, weights.shape])).toEqual([
			["blocks/0/self_attention", [2, 3, 6, 6]],
			["blocks/1/self_attention", [2, 3, 6, 6]],
		]);
		tf.tidy(() => {
			const unseen = tf.slice(records[1]?.weights as tf.Tensor4D, [0, 0, 0, 4], [1, -1, -1, -1]);
			expect(unseen.dataSync().every((weight) => weight === 0)).toBe(true);
		});
		disposeAttention(records);
		result.dispose();
		for (const [, , lossOf] of losses) expectNoLeak(() => lossOf(model, batch));
		expectNoLeak(() => model.pooled(read(batch)));
		expectNoLeak(() => model.textLogits(read(batch)));
		expectNoLeak(() => model.maskedLmLogits(read(batch)));
		tf.dispose({ ...batch });
		model.dispose();
	});
});
