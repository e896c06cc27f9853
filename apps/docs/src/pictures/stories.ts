import "@heed/backend-wasm";
import { attentionData, captureAttention, disposeAttention } from "@heed/layers";
import {
	AttentionOverAttentionReader,
	type ClozeBatch,
	ImpatientReader,
	padBatch,
	toTensors,
	Vocabulary,
} from "@heed/nlp";
import { Adam, exampleBatches, seededOrder, train } from "@heed/train";
import { type AttentionMap, attentionMaps } from "@heed/viz";
import * as tf from "@tensorflow/tfjs-core";

const people = ["Ada", "Ben", "Cleo", "Dag"];
const things = ["ball", "book", "drum", "kite"];

/** Who has what, and a question with a blank. */
interface Story {
	readonly document: readonly string[];
	readonly query: readonly string[];
	readonly answer: string;
}

function storyOf(seed: number): Story {
	const who = Array.from(seededOrder(people.length, 2 * seed + 1, 0), (i) => people[i] ?? "");
	const what = Array.from(seededOrder(things.length, 2 * seed + 2, 0), (i) => things[i] ?? "");
	const asked = seed % 3;
	return {
		document: [0, 1, 2].flatMap((i) => [who[i] ?? "", "has", "the", what[i] ?? "", "."]),
		query: ["?", "has", "the", what[asked] ?? ""],
		answer: who[asked] ?? "",
	};
}

const shown: Story = {
	document: "Dag has the drum . Ada has the book . Ben has the kite .".split(" "),
	query: ["?", "has", "the", "book"],
	answer: "Ada",
};
const stories = Array.from({ length: 384 }, (_, seed) => storyOf(seed)).filter(
	({ document }) => document.join() !== shown.document.join(),
);
const vocabulary = Vocabulary.fromTokens(stories.flatMap(({ document, query }) => [document, query]));

function batchOf(list: readonly Story[]): ClozeBatch {
	const document = toTensors(padBatch(list.map((story) => vocabulary.encode(story.document))));
	const query = toTensors(padBatch(list.map((story) => vocabulary.encode(story.query))));
	return {
		document: document.ids,
		documentLengths: document.lengths,
		query: query.ids,
		queryLengths: query.lengths,
		answer: tf.tensor1d(
			list.flatMap(({ answer }) => vocabulary.encode([answer])),
			"int32",
		),
	};
}

const config = { vocabularySize: vocabulary.size, embeddingSize: 16, units: 24, seed: 1 };
const readers = {
	"attention over attention": { make: () => new AttentionOverAttentionReader(config), epochs: 8 },
	"impatient reader": { make: () => new ImpatientReader(config), epochs: 24 },
};

/** Trains two readers, and shows where each word of a question looks in a story that they have not seen. */
export async function readStories(): Promise<AttentionMap[]> {
	await tf.ready();
	const maps: AttentionMap[] = [];
	for (const [title, { make, epochs }] of Object.entries(readers)) {
		const model = make();
		await train({
			variables: model.weights,
			optimizer: new Adam({ learningRate: 0.01 }),
			data: exampleBatches({
				examples: stories.length,
				batchSize: 32,
				makeBatch: (rows) => batchOf(Array.from(rows, (row) => stories[row] as Story)),
			}),
			loss: (batch) => model.loss(batch),
			clipNorm: 5,
			epochs,
		});
		const batch = batchOf([shown]);
		const { result, records } = captureAttention(() => model.predict(batch));
		const data = await Promise.all(records.map(attentionData));
		tf.dispose([result, { ...batch }]);
		disposeAttention(records);
		model.dispose();
		const byWord = data.filter(({ axes }) => axes.join() === "batch,query,key");
		const tokens = { queryTokens: shown.query, keyTokens: shown.document };
		const axisLabels = { query: "question", key: "document" };
		maps.push(
			...byWord
				.flatMap((record) => attentionMaps(record, tokens))
				.map((map) => ({ ...map, title, axisLabels })),
		);
	}
	return maps;
}
