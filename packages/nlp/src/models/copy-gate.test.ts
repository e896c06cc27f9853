import { attentionData, captureAttention, disposeAttention, Parameters } from "@heed/layers";
import { describeOnEveryBackend, expectClose, expectGradientsMatch, randomTensor } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { CopyGate } from "./copy-gate.ts";
import { labelLogProbs } from "./sequence-loss.ts";

const [rows, source, vocabulary, extraTokens] = [3, 5, 7, 2];
// biome-ignore format: a table
const table = [[7, 4, 7, 5, 8], [4, 4, 0, 7, 1], [6, 8, 3, 2, 0]];
const ids = (): tf.Tensor2D => tf.tensor2d(table, [rows, source], "int32");
const logits = (): tf.Tensor2D => randomTensor<tf.Rank.R2>([rows, vocabulary], 1);
const logOdds = (): tf.Tensor1D => randomTensor<tf.Rank.R1>([rows], 2);
const alignment = (): tf.Tensor2D => tf.softmax(randomTensor<tf.Rank.R2>([rows, source], 3));
const labels = [7, 4, 5]; // a word of the source only, one that both have, one that only the vocabulary has

const gate = (): CopyGate => new CopyGate(new Parameters(), 5);

/** See's formula in float64. */
function reference(x: number[][], z: number[], a: number[][]): number[][] {
	return x.map((row, r) => {
		const exps = row.map(Math.exp);
		const total = exps.reduce((sum, value) => sum + value, 0);
		const generates = 1 / (1 + Math.exp(-Number(z[r])));
		const result = [...exps.map((value) => (generates * value) / total), 0, 0];
		table[r]?.forEach((id, j) => {
			result[id] = Number(result[id]) + (1 - generates) * Number(a[r]?.[j]);
		});
		return result;
	});
}

describeOnEveryBackend("CopyGate", () => {
	it("records what counts of generating, of one step and of many, under a capture alone", async () => {
		const before = tf.memory().numTensors;
		const sizes = [1, 1, 3] as const; // of the inputs of `gate`
		for (const leading of [[3], [2, 3]]) {
			const parameters = new Parameters();
			const one = new CopyGate(parameters, 5);
			const [context, hidden, embedded] = sizes.map((size, i) => randomTensor([...leading, size], i + 5)) as [
				tf.Tensor,
				tf.Tensor,
				tf.Tensor,
			];
			const byRow = [...leading].reverse();
			const steps = leading.length === 1 ? 1 : 2;
			// Row 0 attends to something, row 1 to nothing, row 2 to what is NaN.
			const seen = [0.5, 0, Number.NaN].flatMap((value) => new Array<number>(steps).fill(value));
			const alignment = tf.tensor(seen, [...byRow, 1]);
			const ask = (): tf.Tensor => one.logOdds({ context, hidden, embedded, alignment });
			const { result, records } = captureAttention(() => tf.tidy(ask));
			expect(records).toHaveLength(1);
			const [record] = records as [(typeof records)[0]];
			expect(record).toMatchObject({
				kind: "copyGate",
				axes: leading.length === 1 ? ["batch"] : ["batch", "query"],
			});
			const odds = tf.tidy(() => [...tf.transpose(result).dataSync()]);
			const data = await attentionData(record);
			expect(data.shape).toEqual(byRow);
			expectClose(
				[...data.weights],
				odds.map((value, i) => (seen[i] === 0 ? 1 : 1 / (1 + Math.exp(-value)))),
			);
			const usual = tf.tidy(ask);
			expectClose(usual, result);
			disposeAttention(records);
			parameters.dispose();
			tf.dispose([context, hidden, embedded, alignment, result, usual]);
		}
		expect(tf.memory().numTensors).toBe(before);
	});

	it("mixes what is generated and what is copied, which sums to 1", () => {
		tf.tidy(() => {
			const found = tf.exp(gate().logProbs(logits(), logOdds(), alignment(), { ids: ids(), extraTokens }));
			const expected = reference(logits().arraySync(), logOdds().arraySync(), alignment().arraySync());
			expectClose(found, tf.tensor2d(expected));
			expectClose(tf.sum(found, 1), [1, 1, 1]);
			// Row 1 has one extra word: the second cannot come at all.
			expect(found.dataSync()[vocabulary + extraTokens + 8]).toBe(0);
		});
	});

	it("gives by hand 1/4 · 1/4 + 3/4 · (0.1 + 0.2)", () => {
		tf.tidy(() => {
			const found = gate().logProbs(
				tf.zeros([1, 4]),
				tf.tensor1d([Math.log(1 / 3)]), // p_gen = 1/4
				tf.tensor2d([[0.1, 0.7, 0.2]]),
				{ ids: tf.tensor2d([[2, 4, 2]], [1, 3], "int32"), extraTokens: 1 },
			);
			expectClose(tf.exp(found), [0.0625, 0.0625, 0.0625 + 0.75 * 0.3, 0.0625, 0.75 * 0.7]);
		});
	});

	it("gives labels what the table gives them", () => {
		tf.tidy(() => {
			const whole = gate().logProbs(logits(), logOdds(), alignment(), { ids: ids(), extraTokens });
			const flat = tf.tensor1d(labels, "int32");
			const found = gate().labelLogProbs(
				{ words: labelLogProbs(logits(), flat), known: tf.less(flat, vocabulary) },
				logOdds(),
				alignment(),
				tf.equal(tf.reshape(flat, [rows, 1]), ids()),
			);
			const values = whole.arraySync();
			expectClose(
				found,
				labels.map((label, r) => Number(values[r]?.[label])),
			);
		});
	});

	it("has the gradients of all that goes in, of labels and of the table", () => {
		tf.tidy(() => {
			const flat = tf.tensor1d(labels, "int32");
			const inputs = [logits(), logOdds(), alignment()];
			const names = ["logits", "logOdds", "alignment"];
			const ofLabels = (x: tf.Tensor, z: tf.Tensor, a: tf.Tensor): tf.Tensor =>
				gate().labelLogProbs(
					{ words: labelLogProbs(x as tf.Tensor2D, flat), known: tf.less(flat, vocabulary) },
					z as tf.Tensor1D,
					a as tf.Tensor2D,
					tf.equal(tf.reshape(flat, [rows, 1]), ids()),
				);
			const ofTable = (x: tf.Tensor, z: tf.Tensor, a: tf.Tensor): tf.Tensor => {
				const copies = { ids: ids(), extraTokens };
				return tf.exp(gate().logProbs(x as tf.Tensor2D, z as tf.Tensor1D, a as tf.Tensor2D, copies));
			};
			expectGradientsMatch(ofLabels, inputs, { names, step: 3e-3 });
			expectGradientsMatch(ofTable, inputs, { names, step: 3e-3 });
		});
	});

	it("copies nothing where nothing was attended to, and normalises what does not sum to 1", () => {
		tf.tidy(() => {
			const weights = tf.tensor2d([
				[0, 0, 0, 0, 0],
				[3, 0, 0, 1, 0],
				[1, 0, 0, 0, 0],
			]);
			const found = tf.exp(gate().logProbs(logits(), logOdds(), weights, { ids: ids(), extraTokens }));
			expectClose(tf.sum(found, 1), [1, 1, 1]);
			const words = tf.softmax(logits());
			expectClose(tf.slice(found, [0, 0], [1, vocabulary]), tf.slice(words, [0, 0], [1, -1]));
			const [, row] = found.arraySync() as number[][];
			const copies = 1 - 1 / (1 + Math.exp(-Number(logOdds().dataSync()[1])));
			expectClose([Number(row?.[vocabulary])], [copies / 4]);
			const slopes = tf.grad((a: tf.Tensor) => {
				const all = gate().logProbs(logits(), logOdds(), a as tf.Tensor2D, { ids: ids(), extraTokens });
				return tf.sum(tf.exp(all));
			})(weights);
			expect([...slopes.dataSync()].every(Number.isFinite)).toBe(true);
		});
	});

	it.each(["logits", "logOdds", "alignment"])(
		"does not hide NaN in %s: it says neither never nor maybe",
		(name) => {
			tf.tidy(() => {
				const spoil = <T extends tf.Tensor>(own: string, x: T): T =>
					own === name ? (tf.fill(x.shape, Number.NaN) as T) : x;
				const [x, z, a] = [
					spoil("logits", logits()),
					spoil("logOdds", logOdds()),
					spoil("alignment", alignment()),
				];
				const all = gate().logProbs(x, z, a, { ids: ids(), extraTokens }).arraySync();
				// What no position holds is not copied, whatever the weights of the others; an extra word is only copied.
				const isSpoilt = (id: number, r: number): boolean =>
					name === "alignment" ? !!table[r]?.includes(id) : name === "logOdds" || id < vocabulary;
				all.forEach((row, r) => {
					const spoilt = row.map((_, id) => id).filter((id) => isSpoilt(id, r));
					for (const id of spoilt) expect(row[id], `row ${r}, id ${id}`).toBeNaN();
				});
				const flat = tf.tensor1d(labels, "int32");
				const copies = tf.equal(tf.reshape(flat, [rows, 1]), ids()) as tf.Tensor2D;
				const own = { words: labelLogProbs(x, flat), known: tf.less(flat, vocabulary) as tf.Tensor1D };
				const found = [...gate().labelLogProbs(own, z, a, copies).dataSync()];
				// The first is a word of the source only: no logits count.
				expect(name === "logits" ? found.slice(1) : found).toEqual(
					new Array(name === "logits" ? 2 : 3).fill(Number.NaN),
				);
			});
		},
	);

	it("does not lose a word that is all but impossible to generate", () => {
		tf.tidy(() => {
			const sure = tf.tensor2d([[200, 0, 0]]);
			const label = tf.tensor1d([1], "int32");
			const found = gate().labelLogProbs(
				{ words: labelLogProbs(sure, label), known: tf.less(label, 3) },
				tf.tensor1d([50]),
				tf.tensor2d([[1, 0]]),
				tf.tensor2d([[0, 0]], [1, 2], "bool"),
			);
			expectClose(found, [-200]);
		});
	});
});

describeOnEveryBackend("labelLogProbs", () => {
	it("has values and gradients, and none for a label that is no class", () => {
		tf.tidy(() => {
			const flat = tf.tensor1d([2, 9, 0], "int32");
			const all = tf.logSoftmax(logits()).arraySync() as number[][];
			expectClose(labelLogProbs(logits(), flat), [Number(all[0]?.[2]), 0, Number(all[2]?.[0])]);
			expectGradientsMatch((x) => labelLogProbs(x as tf.Tensor2D, flat), [logits()], { names: ["logits"] });
		});
	});
});
