import "@heed/backend-wasm";
import {
	ExtendedVocabulary,
	greedyDecode,
	padPairs,
	Seq2Seq,
	type Seq2SeqBatch,
	toSeq2SeqBatch,
	Vocabulary,
} from "@heed/nlp";
import { Adam, exampleBatches, seededOrder, train } from "@heed/train";
import type { AttentionMap } from "@heed/viz";
import * as tf from "@tensorflow/tfjs-core";

const verbs = ["met", "called", "followed"];
const whens = [[], ["yesterday"], ["today"]];
/** The vocabulary has no names. */
const vocabulary = Vocabulary.fromTokens([[...verbs, ...whens.flat(), "was", "by"]]);
const names = ["Ka", "Lo", "Mi", "Ra", "Te", "Zo"].flatMap((start) =>
	["la", "no", "ri", "sk", "vin", "ë"].map((end) => start + end),
);

/** `Ask met Embla` and `Embla was met by Ask`. */
interface Report {
	readonly active: readonly string[];
	readonly passive: readonly string[];
}

function reportOf(one: string, verb: string, other: string, when: readonly string[]): Report {
	return { active: [...when, one, verb, other], passive: [other, "was", verb, "by", one, ...when] };
}

const reports = Array.from({ length: 256 }, (_, number) => {
	const [one = 0, other = 0, verb = 0, when = 0] = seededOrder(names.length, number + 1, 0);
	return reportOf(names[one] ?? "", verbs[verb % 3] ?? "", names[other] ?? "", whens[when % 3] ?? []);
});
/** With names that no report has. */
const shown = reportOf("Ask", "met", "Embla", ["today"]);

function batchOf(list: readonly Report[]): Seq2SeqBatch {
	const copies = list.map(({ active }) => new ExtendedVocabulary(vocabulary, active));
	const pairs = list.map(({ active, passive }, i) => ({
		source: vocabulary.encode(active),
		target: copies[i]?.encode(passive, { bos: true, eos: true }) ?? [],
	}));
	return toSeq2SeqBatch(padPairs(pairs, [...pairs.keys()]), copies);
}

/** Trains a model that copies to put reports into the passive, and shows where it finds names that it has never seen. */
export async function copyNames(): Promise<AttentionMap> {
	await tf.ready();
	const model = new Seq2Seq({
		sourceVocabularySize: vocabulary.size,
		targetVocabularySize: vocabulary.size,
		embeddingSize: 16,
		units: 32,
		attention: { kind: "coverage", units: 32 },
		copy: true,
		seed: 1,
	});
	await train({
		variables: model.weights,
		optimizer: new Adam({ learningRate: 0.01 }),
		data: exampleBatches({
			examples: reports.length,
			batchSize: 32,
			makeBatch: (rows) => batchOf(Array.from(rows, (row) => reports[row] as Report)),
		}),
		loss: (batch) => model.loss(batch),
		clipNorm: 1,
		epochs: 15,
	});
	const batch = batchOf([shown]);
	const [written] = await greedyDecode(model, batch, { maxLength: 8 });
	tf.dispose({ ...batch });
	model.dispose();
	const words = new ExtendedVocabulary(vocabulary, shown.active).decode(written?.tokens ?? []);
	return {
		title: "copying, with coverage",
		queryTokens: words,
		keyTokens: shown.active,
		weights: written?.alignment?.slice(0, words.length * shown.active.length) ?? [],
		axisLabels: { query: "written", key: "read" },
	};
}
