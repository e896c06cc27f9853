import { describeOnEveryBackend, expectClose } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { it } from "vitest";
import { dot, type Matrix, plus } from "../../test/plain-forward.ts";
import { bothWays, dense, randomWeights, softmax, type Weights } from "../../test/plain-recurrent.ts";
import { AttentionClassifier } from "./attention-classifier.ts";

const documents = [
	[[5, 9, 4], [7]],
	[
		[8, 4],
		[10, 6, 3, 1],
		[2, 7],
	],
];

/** pool(recurrent(x)): a learned context vector asks every place. */
function level(x: Matrix, weights: Weights, name: string): number[] {
	const states = bothWays(x, weights, `${name}/0`);
	const projected = dense(states, weights, `${name}/pooling/projection`);
	const [context] = weights(`${name}/pooling/context`) as [number[]];
	const alpha = softmax(projected.map((row) => dot(row.map(Math.tanh), context)));
	return plus(...states.map((state, t) => state.map((value) => value * (alpha[t] as number))));
}

/** The logits of one document, in float64: words to sentences to the document. */
function reference(document: Matrix, weights: Weights): number[] {
	const sentences = document.map((words) =>
		level(
			words.map((word) => weights("embedding")[word] as number[]),
			weights,
			"word",
		),
	);
	return dense([level(sentences, weights, "sentence")], weights, "output")[0] as number[];
}

describeOnEveryBackend("a hierarchical AttentionClassifier against its formulas", () => {
	it("computes the logits and the probabilities", () => {
		const model = new AttentionClassifier({
			...{ vocabularySize: 11, classes: 3, hierarchical: true, embeddingSize: 2, units: 4 },
			pooling: { kind: "context", units: 5 },
		});
		const weights = randomWeights(model);
		const expected = documents.map((document) => reference(document, weights));
		tf.tidy(() => {
			const sentences = documents.map((document) => [0, 1, 2].map((i) => document[i] ?? []));
			const tokens = sentences.map((rows) => rows.map((row) => [0, 1, 2, 3].map((i) => row[i] ?? 9)));
			const counts = sentences.map((rows) => rows.map(({ length }) => length));
			const batch = {
				tokens: tf.tensor3d(tokens, undefined, "int32"),
				wordLengths: tf.tensor2d(counts, undefined, "int32"),
				sentenceLengths: tf.tensor1d([2, 3], "int32"),
			};
			expectClose(model.logits(batch), expected.flat(), { atol: 1e-5 });
			expectClose(model.predict(batch), expected.flatMap(softmax), { atol: 1e-5 });
		});
		model.dispose();
	});
});
