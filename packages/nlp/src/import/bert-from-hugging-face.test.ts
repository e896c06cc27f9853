import { HeedError } from "@heed/core";
import { describeOnEveryBackend, expectClose, expectNoLeak } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import {
	attention,
	gelu,
	layerNorm,
	linear,
	type Matrix,
	makeState,
	matrix,
	plus,
	type State,
	tensorsOf,
	type Values,
} from "../../test/plain-forward.ts";
import { bertFromHuggingFace } from "./bert-from-hugging-face.ts";

const ids = [3, 7, 1, 9, 4];
const asTensor = (): tf.Tensor2D => tf.tensor2d([ids], undefined, "int32");
const [V, D, F, M] = [11, 6, 10, 7];

function bertShapes(gamma: string, beta: string): Record<string, number[]> {
	const shapes: Record<string, number[]> = {
		"bert.embeddings.word_embeddings.weight": [V, D],
		"bert.embeddings.position_embeddings.weight": [M, D],
		"bert.embeddings.token_type_embeddings.weight": [2, D],
		"cls.predictions.bias": [V],
	};
	const norm = (name: string): void => {
		shapes[`${name}.${gamma}`] = [D];
		shapes[`${name}.${beta}`] = [D];
	};
	const dense = (name: string, to: number, from: number): void => {
		shapes[`${name}.weight`] = [to, from];
		shapes[`${name}.bias`] = [to];
	};
	norm("bert.embeddings.LayerNorm");
	for (const i of [0, 1]) {
		const layer = `bert.encoder.layer.${i}`;
		for (const side of ["query", "key", "value"]) dense(`${layer}.attention.self.${side}`, D, D);
		dense(`${layer}.attention.output.dense`, D, D);
		norm(`${layer}.attention.output.LayerNorm`);
		dense(`${layer}.intermediate.dense`, F, D);
		dense(`${layer}.output.dense`, D, F);
		norm(`${layer}.output.LayerNorm`);
	}
	dense("bert.pooler.dense", D, D);
	dense("classifier", 3, D);
	dense("cls.predictions.transform.dense", D, D);
	norm("cls.predictions.transform.LayerNorm");
	return shapes;
}

function bertOutputs(state: State, segments: number[], gamma: string, beta: string) {
	const w = (name: string): Values => state[name] as Values;
	const dense = (x: Matrix, name: string): Matrix => linear(x, w(`${name}.weight`), w(`${name}.bias`));
	const norm = (x: Matrix, name: string): Matrix =>
		layerNorm(x, w(`${name}.${gamma}`), w(`${name}.${beta}`), 1e-12);
	const add = (a: Matrix, b: Matrix): Matrix => a.map((values, t) => plus(values, b[t] as number[]));
	const look = (kind: string, rows: number[]): Matrix =>
		rows.map((id) => matrix(w(`bert.embeddings.${kind}_embeddings.weight`))[id] as number[]);
	const embedded = add(
		add(look("word", ids), look("position", [0, 1, 2, 3, 4])),
		look("token_type", segments),
	);
	let x = norm(embedded, "bert.embeddings.LayerNorm");
	for (const i of [0, 1]) {
		const layer = `bert.encoder.layer.${i}`;
		const [q, k, v] = ["query", "key", "value"].map((side) =>
			dense(x, `${layer}.attention.self.${side}`),
		) as [Matrix, Matrix, Matrix];
		const attended = dense(
			attention(q, k, v, 3, (_, j) => j < 4),
			`${layer}.attention.output.dense`,
		); // four tokens are valid
		x = norm(add(attended, x), `${layer}.attention.output.LayerNorm`);
		const hidden = dense(x, `${layer}.intermediate.dense`).map((values) => values.map(gelu));
		x = norm(add(dense(hidden, `${layer}.output.dense`), x), `${layer}.output.LayerNorm`);
	}
	const pooled = dense([x[0] as number[]], "bert.pooler.dense").map((values) => values.map(Math.tanh));
	const hidden = dense(x, "cls.predictions.transform.dense").map((values) => values.map(gelu));
	const masked = linear(
		norm(hidden, "cls.predictions.transform.LayerNorm"),
		w("bert.embeddings.word_embeddings.weight"),
		w("cls.predictions.bias"),
	);
	return { hidden: x, pooled, classes: dense(pooled, "classifier"), masked };
}

const tolerance = { atol: 5e-5 };

describeOnEveryBackend("bertFromHuggingFace", () => {
	it.each([
		["weight", "bias"],
		["gamma", "beta"],
	])("computes what the formulas say: BERT whose norms have a %s and a %s", (gamma, beta) => {
		const state = makeState(bertShapes(gamma, beta), 3);
		const tensors: Record<string, tf.Tensor> = {
			...tensorsOf(state),
			"bert.embeddings.position_ids": tf.ones([1, M], "int32"),
			"cls.predictions.decoder.weight": tf.zeros([V, D]),
		};
		const { model } = bertFromHuggingFace(tensors, { numHeads: 3 });
		const segments = [0, 1, 1, 0, 1];
		const expected = bertOutputs(state, segments, gamma, beta);
		tf.tidy(() => {
			const batch = {
				ids: asTensor(),
				lengths: tf.tensor1d([4], "int32"),
				segments: tf.tensor2d([segments], undefined, "int32"),
			};
			const { ids: _, ...options } = batch;
			const firstFour = (x: tf.Tensor): tf.Tensor => tf.slice(x, [0, 0, 0], [1, 4, -1]);
			const hidden = model.encode(batch.ids, options);
			expectClose(firstFour(hidden).dataSync(), expected.hidden.slice(0, 4).flat(), tolerance);
			expectClose(model.pooled(batch).dataSync(), expected.pooled.flat(), tolerance);
			expectClose(model.textLogits(batch).dataSync(), expected.classes.flat(), tolerance);
			expectClose(
				firstFour(model.maskedLmLogits(batch)).dataSync(),
				expected.masked.slice(0, 4).flat(),
				tolerance,
			);
		});
		model.dispose();
		tf.dispose(tensors);
	});

	it("takes the heads that the file has", () => {
		const all = tensorsOf(makeState(bertShapes("weight", "bias"), 3));
		const without = (pattern: RegExp): Record<string, tf.Tensor> =>
			Object.fromEntries(Object.entries(all).filter(([name]) => !pattern.test(name)));
		const nextSentence = {
			"cls.seq_relationship.weight": tf.ones([2, D]),
			"cls.seq_relationship.bias": tf.ones([2]),
		};
		const heads = (tensors: Record<string, tf.Tensor>, classifier?: "token"): unknown[] => {
			const { model } = bertFromHuggingFace(tensors, { numHeads: 3, classifier });
			const { maskedLm, tokenClasses, textClasses, pooler } = model.config;
			model.dispose();
			return [maskedLm, tokenClasses, textClasses, pooler];
		};
		expect(heads(all)).toEqual([true, 0, 3, true]);
		expect(heads(all, "token")).toEqual([true, 3, 0, true]);
		expect(heads(without(/pooler|^cls/))).toEqual([false, 3, 0, false]);
		expect(heads(without(/pooler|^cl/))).toEqual([false, 0, 0, false]);
		expect(heads({ ...without(/^classifier/), ...nextSentence })).toEqual([true, 0, 2, true]);
		expect(heads({ ...all, ...nextSentence })).toEqual([true, 0, 3, true]);
		tf.dispose([all, nextSentence]);
	});

	it("says what does not fit, and leaves nothing behind", () => {
		const tensors = tensorsOf(makeState(bertShapes("weight", "bias"), 3));
		const { "bert.pooler.dense.bias": bias, ...rest } = tensors;
		const load = (values: Record<string, tf.Tensor>) => (): never =>
			bertFromHuggingFace(values, { numHeads: 3 }) as never;
		const wrong: [() => never, string][] = [
			[load(rest), "the file lacks `pooler.dense.bias`"],
			[
				load({ ...tensors, "bert.encoder.layer.2.rest": bias as tf.Tensor }),
				"the file lacks `encoder.layer.2.attention",
			],
			[load({ ...tensors, "bert.extra": bias as tf.Tensor }), "nobody reads `bert.extra`"],
			[load({ ...tensors, "classifier.bias": bias as tf.Tensor }), "`classifier.bias` is [6]; expected [3]"],
			[() => bertFromHuggingFace(tensors, { numHeads: 4 }) as never, "`numHeads` is 4; 6 features"],
			[
				() => bertFromHuggingFace(tensors, { numHeads: 3, classifier: "tokens" as never }) as never,
				'`classifier` is "tokens"',
			],
		];
		for (const [call, message] of wrong) {
			expect(call, message).toThrow(message);
			expect(call).toThrow(HeedError);
			expectNoLeak(call, { throws: true });
		}
		tf.dispose(tensors);
	});
});
