import "@heed/backend-wasm";
import { attentionData, captureAttention, disposeAttention } from "@heed/layers";
import { AttentionClassifier, type LabelledDocuments, Vocabulary } from "@heed/nlp";
import { Adam, exampleBatches, seededOrder, train } from "@heed/train";
import type { AttentionMap } from "@heed/viz";
import * as tf from "@tensorflow/tfjs-core";

const things = ["food", "room", "staff", "view"];
const praise = ["lovely", "great", "fine"];
const blame = ["awful", "dirty", "poor"];
const plain = ["we came by train", "it was in may", "our second stay here", "the children came too"];

/** Three sentences of four words, one of which says whether the writer liked it. */
interface Review {
	readonly sentences: readonly (readonly string[])[];
	readonly liked: boolean;
}

function reviewOf(seed: number): Review {
	const [a = 0, b = 0, c = 0] = seededOrder(12, seed + 1, 0);
	const liked = seed % 2 === 0;
	const [one = 0, other = 0] = seededOrder(plain.length, seed + 1, 1);
	const sentences = [plain[one], plain[other]];
	sentences.splice(c % 3, 0, `the ${things[a % 4]} was ${(liked ? praise : blame)[b % 3]}`);
	return { sentences: sentences.map((sentence = "") => sentence.split(" ")), liked };
}

const reviews = Array.from({ length: 192 }, (_, seed) => reviewOf(seed));
const vocabulary = Vocabulary.fromTokens(reviews.flatMap(({ sentences }) => sentences));
const shown: Review = {
	sentences: ["our second stay here", "the staff was lovely", "we came by train"].map((s) => s.split(" ")),
	liked: true,
};

function batchOf(list: readonly Review[]): LabelledDocuments {
	const words = list.map(({ sentences }) => sentences.map((sentence) => vocabulary.encode(sentence)));
	const lengths = words.map((sentences) => sentences.map((sentence) => sentence.length));
	return {
		tokens: tf.tensor3d(words, undefined, "int32"),
		wordLengths: tf.tensor2d(lengths, undefined, "int32"),
		sentenceLengths: tf.tensor1d(
			list.map(({ sentences }) => sentences.length),
			"int32",
		),
		labels: tf.tensor1d(
			list.map(({ liked }) => Number(liked)),
			"int32",
		),
	};
}

/** Trains a hierarchical classifier on reviews, and shows the words of each sentence and what the sentence counts. */
export async function poolReviews(): Promise<AttentionMap[]> {
	await tf.ready();
	const model = new AttentionClassifier({
		vocabularySize: vocabulary.size,
		classes: 2,
		hierarchical: true,
		embeddingSize: 8,
		units: 8,
		dropout: 0.2,
		seed: 3,
	});
	await train({
		variables: model.weights,
		optimizer: new Adam({ learningRate: 0.02 }),
		data: exampleBatches({
			examples: reviews.length,
			batchSize: 32,
			makeBatch: (rows) => batchOf(Array.from(rows, (row) => reviews[row] as Review)),
		}),
		loss: (batch, { seed }) => model.loss(batch, { trainingSeed: seed }),
		epochs: 6,
	});
	const batch = batchOf([shown]);
	const { result, records } = captureAttention(() => model.predict(batch));
	const [words, sentences] = await Promise.all(records.map(attentionData));
	tf.dispose([result, { ...batch }]);
	disposeAttention(records);
	model.dispose();
	return shown.sentences.map((tokens, i) => ({
		title: `sentence ${i + 1}: weight ${sentences?.weights[i]?.toFixed(2)}`,
		queryTokens: ["weight"],
		keyTokens: tokens,
		weights: words?.weights.slice(i * tokens.length, (i + 1) * tokens.length) ?? [],
		axisLabels: { query: "pooling", key: "word" },
	}));
}
