import { describeOnEveryBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { alignmentLine, scoreAlignment } from "./alignment-score.ts";
import { buildModel, type Translator } from "./build-model.ts";
import { learnCodec } from "./codec.ts";
import { forcedAlignments } from "./forced-alignments.ts";
import { defaultsOf, type ModelSettings, modelNames } from "./settings.ts";
import { goldDates, taskData } from "./task-data.ts";
import { translate } from "./translate.ts";

const pairs = [
	{ source: "Tom sees seven dogs.", target: "Tom ser sju hundar." },
	{ source: "Mary sleeps.", target: "Maria sover." },
];
const codec = learnCodec("pairs", pairs, 1);
const settings: ModelSettings = { ...defaultsOf("pairs").model, units: 8, embedding: 5, maxLength: 6 };

/** Looks at the place that has the number of the token that it is given. */
const pointing: Translator = {
	weights: new Map(),
	dispose() {},
	batchSize: ({ source }) => source.shape[0],
	start: ({ source }) => ({ columns: source.shape[1] }),
	step(tokens, state) {
		const { columns } = state as { readonly columns: number };
		return {
			logProbs: tf.zeros([tokens.size, 9]),
			alignment: tf.oneHot(tokens, columns) as tf.Tensor2D,
			state,
		};
	},
	reorder: (state) => state,
};

describeOnEveryBackend("the alignment of a model that is fed the truth", () => {
	it("is the one that it has when it writes the same itself", async () => {
		for (const change of [
			...modelNames.map((model) => ({ model })),
			{ copy: true },
			{ attention: "local-m" } as const,
		]) {
			const model = buildModel({ ...settings, ...change }, codec);
			const copy = "copy" in change;
			const texts = ["Tom sees seven dogs, Mary.", "Mary sleeps."];
			const written = await translate(model, codec, texts, { beam: 1, maxLength: 6, copy });
			const before = tf.memory().numTensors;
			const fed = texts.map((text, i) => {
				const ids = [
					1,
					...(written[i]?.targetTokens ?? []).map((token) => (token === "⏎" ? 2 : codec.target.idOf(token))),
				];
				const copying = codec.copying(text);
				return {
					source: codec.encodeSource(text),
					target: ids,
					...(copy && { copies: { copyIds: [...copying.copyIds, 2], words: copying.words } }),
				};
			});
			const alignments = forcedAlignments(model, fed);
			expect(tf.memory().numTensors).toBe(before);
			alignments.forEach(({ weights, shape: [rows, width] }, i) => {
				const { sourceTokens = [], targetTokens = [], weights: expected = [] } = written[i] ?? {};
				expect(rows).toBe(targetTokens.length);
				for (let row = 0; row < rows; row++) {
					for (let column = 0; column < sourceTokens.length; column++) {
						expect(weights[row * width + column]).toBeCloseTo(
							expected[row * sourceTokens.length + column] ?? -1,
							5,
						);
					}
				}
			});
			model.dispose();
		}
	});

	it("counts links of tokens, and leaves out what is not asked", () => {
		// Fed 1 (bos) it looks at place 1, fed 0 at place 0; then the end would come.
		const links = { sure: [[1, 0]], possible: [[0, 1]] } as const;
		const pair = {
			source: [5, 6, 2],
			target: [1, 0, 7, 2],
			sourceTokens: [0, 1],
			targetTokens: [0, 1],
			...links,
		};
		expect(scoreAlignment(pointing, [pair])).toEqual({ errorRate: 0, precision: 1, recall: 1 });
		const wrong = { ...pair, sure: [[0, 0]], possible: [] } as const;
		expect(scoreAlignment(pointing, [wrong])).toEqual({ errorRate: 1, precision: 0, recall: 0 });
		expect(scoreAlignment(pointing, [{ ...wrong, targetTokens: [undefined, 1] }]).precision).toBe(0);
		const unasked = { ...pair, possible: [], targetTokens: [0, undefined] };
		expect(scoreAlignment(pointing, [unasked]).errorRate).toBe(0);
		const oneToken = { ...pair, sourceTokens: [3, 3], sure: [[3, 0]], possible: [[3, 1]] } as const;
		expect(scoreAlignment(pointing, [oneToken]).errorRate).toBe(0);
	});
});

it("says it in one line", () => {
	expect(alignmentLine({ errorRate: 0.125, precision: 1, recall: 0.5 })).toBe(
		"alignment error rate 12.5 % (precision 100.0 %, recall 50.0 %)",
	);
});

it("asks of dates where their digits come from", () => {
	const small = { ...defaultsOf("dates").model, limit: 400 };
	const data = taskData(small, undefined);
	const gold = goldDates(data, small);
	expect(gold).toHaveLength(data.heldOut.length);
	for (const { source, target, sourceTokens, targetTokens, sure } of gold) {
		expect(sourceTokens).toHaveLength(source.length - 1);
		expect(targetTokens).toHaveLength(target.length - 2);
		expect(targetTokens.filter((token) => token === undefined)).toHaveLength(2);
		for (const [from, to] of sure) {
			expect(sourceTokens).toContain(from);
			expect(targetTokens).toContain(to);
		}
	}
});
