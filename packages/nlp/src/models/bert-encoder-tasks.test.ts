import { HeedError } from "@heed/core";
import { describeOnEveryBackend, expectNoLeak } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { maskTokens } from "../text/mask-tokens.ts";
import { padBatch, toTensors } from "../text/pad-batch.ts";
import type { BertConfig } from "./bert-config.ts";
import { BertEncoder } from "./bert-encoder.ts";

const small: BertConfig = {
	vocabularySize: 13,
	modelDim: 12,
	layers: 1,
	numHeads: 2,
	maxLength: 11,
	seed: 1,
};
const int = (rows: number[][]): tf.Tensor2D =>
	tf.tensor2d(rows, [rows.length, rows[0]?.length ?? 0], "int32");

/** Minimises a loss, and leaves the weights trained. */
function train(model: BertEncoder, steps: number, loss: (step: number) => tf.Scalar): void {
	const optimizer = tf.train.adam(0.02);
	const variables = [...model.weights.values()];
	for (let step = 0; step < steps; step++) {
		optimizer.minimize(() => loss(step), false, variables);
	}
	optimizer.dispose();
}

describeOnEveryBackend("what a BertEncoder learns", () => {
	it("to guess masked tokens from both sides", () => {
		const model = new BertEncoder({ ...small, maskedLm: true });
		// Each text is one word again and again, so that its neighbours on either side tell it.
		const rows = [5, 6, 7, 8, 9].map((id) => new Array<number>(6).fill(id));
		train(model, 60, (step) => {
			const { ids, labels } = maskTokens(rows, {
				vocabularySize: 13,
				mask: 4,
				seed: step,
				special: [0, 1, 2, 3],
			});
			return tf.tidy(() => model.maskedLmLoss({ ids: int(ids), labels: int(labels) }));
		});
		tf.tidy(() => {
			const holes = rows.map((row) => row.map((id, i) => (i === 0 || i === 5 ? 4 : id)));
			const guesses = tf.argMax(model.maskedLmLogits({ ids: int(holes) }), 2).arraySync() as number[][];
			expect(guesses.map((row) => [row[0], row[5]])).toEqual(rows.map((row) => [row[0], row[5]]));
		});
		model.dispose();
	});

	it("to sort tokens by what comes after them, and texts by what is in them", () => {
		const model = new BertEncoder({ ...small, tokenClasses: 2, textClasses: 2 });
		const texts = [
			[1, 5, 6, 7],
			[1, 7, 6, 5, 6],
			[1, 8, 9, 6, 7, 5],
			[1, 5, 8],
			[1, 6, 6, 8, 7],
			[1, 9, 5],
		];
		const batch = toTensors(padBatch(texts));
		const [rows, width] = batch.ids.shape;
		const tokens = texts.map((text) => Array.from({ length: width }, (_, i) => (text[i + 1] === 6 ? 1 : 0)));
		const kinds = texts.map((text) => (text.includes(8) ? 1 : 0));
		const [tokenLabels, textLabels] = [int(tokens), tf.tensor1d(kinds, "int32")];
		train(model, 60, () =>
			tf.tidy(() => {
				const tokenLoss = model.tokenLoss({ ...batch, labels: tokenLabels });
				return tf.add(tokenLoss, model.textLoss({ ...batch, labels: textLabels }));
			}),
		);
		tf.tidy(() => {
			const found = tf.argMax(model.tokenLogits(batch), 2).arraySync() as number[][];
			for (let row = 0; row < rows; row++) {
				const length = texts[row]?.length;
				expect(found[row]?.slice(0, length)).toEqual(tokens[row]?.slice(0, length));
			}
			expect([...tf.argMax(model.textLogits(batch), 1).dataSync()]).toEqual(kinds);
			expect(model.pooled(batch).shape).toEqual([6, 12]);
		});
		tf.dispose([{ ...batch }, tokenLabels, textLabels]);
		model.dispose();
	});
});

describeOnEveryBackend("what a BertEncoder refuses", () => {
	it("texts, labels and options that do not fit", () => {
		const model = new BertEncoder({ ...small, tokenClasses: 3, textClasses: 2 });
		const ids = int([
			[1, 2, 3],
			[4, 12, 0],
		]);
		const labels = tf.tensor1d([0, 1], "int32");
		const one = (values: number[]): tf.Tensor1D => tf.tensor1d(values, "int32");
		const wrong: [() => tf.TensorContainer, string][] = [
			[() => model.encode(int([[], []])), "BertEncoder.encode: ids [batch 2, length 0] is empty"],
			[() => model.encode(int([])), "is empty"],
			[() => model.encode(int([new Array(12).fill(1)])), "is too long: `maxLength` is 11"],
			[() => model.encode(int([[13]])), "ids[0, 0] is 13; expected 0 to 12, by the vocabulary"],
			[() => model.encode(tf.ones([2, 3])), "ids is float32"],
			[() => model.encode(one([1]) as never), "ids [1] has rank 1"],
			[() => model.encode(ids, { lengths: one([4, 1]) }), "lengths[0] is 4; expected 0 to 3"],
			[
				() => model.encode(ids, { lengths: one([3]) }),
				"lengths [batch 1] does not match ids [batch 2, length 3]",
			],
			[() => model.encode(ids, { mask: ids }), "mask is int32; expected bool"],
			[() => model.encode(ids, { mask: tf.ones([3, 2], "bool") }), "mask [batch 3, length 2] does not match"],
			[() => model.encode(ids, { mask: tf.ones([2, 3], "bool"), lengths: one([1, 1]) }), "Give one of them"],
			[
				() =>
					model.encode(ids, {
						segments: int([
							[0, 1, 2],
							[0, 0, 0],
						]),
					}),
				"segments[0, 2] is 2",
			],
			[() => model.encode(ids, { length: one([1, 1]) } as never), "unknown option `length`"],
			[() => model.maskedLmLogits({ ids }), "has no such head. Make it with `maskedLm` in its config"],
			[
				() => model.maskedLmLoss({ ids, labels: ids }),
				"BertEncoder.maskedLmLoss: the model has no such head",
			],
			[() => model.tokenLoss({ ids, labels: ids }), "labels[0, 2] is 3; expected 0 to 2, by the classes"],
			[() => model.tokenLoss({ ids, labels: labels as never }), "labels [2] has rank 1; expected rank 2"],
			[() => model.textLoss({ ids, labels: one([0, 2]) }), "labels[1] is 2; expected 0 to 1"],
			[() => model.textLoss({ ids, labels: one([0, -1]) }), "labels[1] is -1"],
			[() => model.textLoss({ ids, labels: one([0]) }), "labels [batch 1] does not match"],
			[() => model.textLoss({ ids, labels }, { trainingSeed: 0.5 }), "`trainingSeed` is 0.5"],
			[() => model.textLoss({ ids, labels }, { smoothing: 1 } as never), "unknown option `smoothing`"],
		];
		for (const [call, message] of wrong) {
			const tidied = (): tf.TensorContainer => tf.tidy(call);
			expect(tidied, message).toThrow(message);
			expect(tidied).toThrow(HeedError);
		}
		expectNoLeak(() => model.encode(ids, { lengths: labels, mask: ids }), { throws: true });
		tf.dispose([ids, labels]);
		model.dispose();
	});

	it.each([
		[{ numHeads: 5 }, "`modelDim` 12 is not divisible by `numHeads` 5"],
		[{ vocabularySize: undefined }, "`vocabularySize` is undefined"],
		[{ segmentKinds: 0 }, "`segmentKinds` is 0"],
		[{ textClasses: 2, pooler: false }, "`pooler` is false with `textClasses` 2"],
		[{ tokenClasses: -1 }, "`tokenClasses` is -1"],
		[{ maskedLm: "yes" }, '`maskedLm` is "yes"'],
		[{ activation: "gelu2" }, '`activation` is "gelu2"'],
		[{ dim: 3 }, "unknown option `dim`"],
	])("the config %j, before it makes a weight", (wrong, message) => {
		const make = (): BertEncoder => new BertEncoder({ ...small, ...wrong } as never);
		expect(make).toThrow(message);
		expectNoLeak(() => [...make().weights.values()], { throws: true });
	});
});
