// The public names of @heed/nlp, by folder.

// attention/
export { type AttentionConfig, attentionKinds } from "./attention/attention-by-name.ts";
export type { AttentionFactory } from "./attention/attention-factory.ts";
export { BahdanauAttention, type BahdanauAttentionArgs } from "./attention/bahdanau-attention.ts";
export type {
	AttentionState,
	AttentionStep,
	DecoderAttention,
	DecoderAttentionLayer,
	ParallelDecoderAttention,
	StepOptions,
} from "./attention/decoder-attention.ts";
export { LuongAttention, type LuongAttentionArgs } from "./attention/luong-attention.ts";
export { ScoreAttention } from "./attention/score-attention.ts";
// decode/
export { type BeamDecodeOptions, beamDecode } from "./decode/beam-decode.ts";
export { type GreedyDecodeOptions, greedyDecode } from "./decode/greedy-decode.ts";
export type { Hypothesis } from "./decode/hypothesis.ts";
export type { LengthPenalty } from "./decode/length-penalty.ts";
export type { StepDecoder, StepResult } from "./decode/step-decoder.ts";
export type { TokenRules } from "./decode/token-rules.ts";
// metrics/
export { type BleuOptions, type BleuScore, bleu } from "./metrics/bleu.ts";
export { type ExactMatch, exactMatch } from "./metrics/exact-match.ts";
export { tokenize13a } from "./metrics/tokenize-13a.ts";
// models/
export {
	AttentionalDecoder,
	type AttentionalDecoderOptions,
	type DecoderState,
} from "./models/attentional-decoder.ts";
export { Seq2Seq, type Seq2SeqLossOptions } from "./models/seq2seq.ts";
export { type Seq2SeqBatch, type SourceBatch, toSeq2SeqBatch } from "./models/seq2seq-batch.ts";
export type { ResolvedSeq2SeqConfig, Seq2SeqConfig, Seq2SeqParts } from "./models/seq2seq-config.ts";
export { type SequenceLossOptions, sequenceLoss } from "./models/sequence-loss.ts";
// recurrent/
export { assignWeights } from "./recurrent/assign-weights.ts";
export {
	type GruWeightValues,
	gruFromTorch,
	type LstmWeightValues,
	lstmFromTorch,
	type TorchRecurrentWeights,
} from "./recurrent/from-torch.ts";
export { GruCell, type GruCellOptions } from "./recurrent/gru-cell.ts";
export { LstmCell, type LstmCellOptions } from "./recurrent/lstm-cell.ts";
export type {
	RecurrentCell,
	RecurrentState,
	SequenceOptions,
	SequenceResult,
} from "./recurrent/recurrent-cell.ts";
export {
	type BetweenLayers,
	type Encoded,
	RecurrentEncoder,
	type RecurrentEncoderOptions,
} from "./recurrent/recurrent-encoder.ts";
// What this package offers, as data
export { mechanisms } from "./registry.ts";
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
