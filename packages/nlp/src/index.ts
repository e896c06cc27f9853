// The public names of @heed/nlp, by folder.

// metrics/
export { type BleuOptions, type BleuScore, bleu } from "./metrics/bleu.ts";
export { type ExactMatch, exactMatch } from "./metrics/exact-match.ts";
export { tokenize13a } from "./metrics/tokenize-13a.ts";
// text/: vocabularies, tokenisers and batches
export {
	type BatchPairsOptions,
	batchOrder,
	batchPairs,
	type EncodedPair,
	type PairBatch,
	padPairs,
} from "./text/batch-pairs.ts";
export { type CharacterTokenizerOptions, characterTokenizer } from "./text/character-tokenizer.ts";
export { type HashSplit, type HashSplitOptions, hashSplit } from "./text/hash-split.ts";
export { hashText } from "./text/hash-text.ts";
export { type PadBatchOptions, type PaddedBatch, padBatch, toTensors } from "./text/pad-batch.ts";
export type { Tokenizer } from "./text/tokenizer.ts";
export {
	type EncodeOptions,
	Vocabulary,
	type VocabularyJson,
	type VocabularyOptions,
} from "./text/vocabulary.ts";
export { joiner, type WordTokenizerOptions, wordTokenizer } from "./text/word-tokenizer.ts";
