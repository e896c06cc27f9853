import "@heed/backend-wasm";
import { type AttentionConfig, greedyDecode, padPairs, Seq2Seq, toSeq2SeqBatch, Vocabulary } from "@heed/nlp";
import { Adam, exampleBatches, seededOrder, train } from "@heed/train";
import type { AttentionMap } from "@heed/viz";
import * as tf from "@tensorflow/tfjs-core";

const letters = [..."aeilnorst"];
/** How many frames a letter may last. */
const lengths = [3, 1, 4, 2, 3, 2, 1, 4];
const vocabulary = Vocabulary.fromTokens([letters]);

/** A word as one would hear it, `ttttoonnn`, and as it is written, `ton`. */
interface Sound {
	readonly frames: readonly string[];
	readonly word: readonly string[];
}

function soundOf(word: readonly string[], first: number): Sound {
	const length = (i: number): number => lengths[(first + 3 * i) % lengths.length] ?? 1;
	return { frames: word.flatMap((letter, i) => Array<string>(length(i)).fill(letter)), word };
}

const sounds = Array.from({ length: 256 }, (_, seed) => {
	const order = seededOrder(letters.length, seed + 1, 0).slice(0, 3 + (seed % 4));
	return soundOf(
		Array.from(order, (i) => letters[i] ?? ""),
		seed,
	);
});
const shown = soundOf([..."tonsil"], 2);

const encode = ({ frames, word }: Sound): { source: number[]; target: number[] } => ({
	source: vocabulary.encode(frames),
	target: vocabulary.encode(word, { bos: true, eos: true }),
});
const pairs = sounds.map(encode);

const mechanisms: Readonly<Record<string, AttentionConfig>> = {
	"location-aware": { kind: "locationAware", units: 32, filters: 8, kernelSize: 9 },
	"Gaussian window": { kind: "gaussian", components: 3 },
	monotonic: { kind: "monotonic", units: 32, scoreBias: -1, noise: 1 },
};

/** One model for each mechanism, which writes down a word that it was not trained on. */
export async function writeSounds(): Promise<AttentionMap[]> {
	await tf.ready();
	const maps: AttentionMap[] = [];
	for (const [title, attention] of Object.entries(mechanisms)) {
		const model = new Seq2Seq({
			sourceVocabularySize: vocabulary.size,
			targetVocabularySize: vocabulary.size,
			embeddingSize: 16,
			units: 32,
			attention,
			seed: 1,
		});
		await train({
			variables: model.weights,
			optimizer: new Adam({ learningRate: 0.01 }),
			data: exampleBatches({
				examples: pairs.length,
				batchSize: 32,
				makeBatch: (rows) => toSeq2SeqBatch(padPairs(pairs, rows)),
			}),
			loss: (batch, { seed }) => model.loss(batch, { trainingSeed: seed }),
			clipNorm: 1,
			epochs: 16,
		});
		const batch = toSeq2SeqBatch(padPairs([encode(shown)], [0]));
		const [written] = await greedyDecode(model, batch, { maxLength: 8 });
		tf.dispose({ ...batch });
		model.dispose();
		const letters = vocabulary.decode(written?.tokens ?? []);
		const weights = written?.alignment?.slice(0, letters.length * shown.frames.length) ?? [];
		maps.push({
			title,
			queryTokens: letters,
			keyTokens: shown.frames,
			weights,
			axisLabels: { query: "written", key: "heard" },
		});
	}
	return maps;
}
