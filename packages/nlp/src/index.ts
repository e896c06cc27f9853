// The public names of @heed/nlp, by folder.

// attention/
export {
	type AttentionArguments,
	type AttentionConfig,
	type AttentionKind,
	attentionKinds,
} from "./attention/attention-by-name.ts";
export type { AttentionFactory } from "./attention/attention-factory.ts";
export { BahdanauAttention, type BahdanauAttentionArgs } from "./attention/bahdanau-attention.ts";
export { CoverageAttention, type CoverageAttentionArgs } from "./attention/coverage-attention.ts";
export type {
	AttentionState,
	AttentionStep,
	DecoderAttention,
	DecoderAttentionLayer,
	ParallelDecoderAttention,
	StepOptions,
} from "./attention/decoder-attention.ts";
export { type AttendedSequence, DecoderAttentionBase } from "./attention/decoder-attention-base.ts";
export {
	GaussianWindowAttention,
	type GaussianWindowAttentionArgs,
} from "./attention/gaussian-window-attention.ts";
export {
	HardAttention,
	type HardAttentionArgs,
	type HardEstimator,
	type HardScore,
} from "./attention/hard-attention.ts";
export { LocalAttention, type LocalAttentionArgs } from "./attention/local-attention.ts";
export { LocationAttention, type LocationAttentionArgs } from "./attention/location-attention.ts";
export {
	LocationAwareAttention,
	type LocationAwareAttentionArgs,
} from "./attention/location-aware-attention.ts";
export { LuongAttention, type LuongAttentionArgs } from "./attention/luong-attention.ts";
export { MonotonicAttention, type MonotonicAttentionArgs } from "./attention/monotonic-attention.ts";
export {
	MultiHeadDecoderAttention,
	type MultiHeadDecoderAttentionArgs,
} from "./attention/multi-head-decoder-attention.ts";
export {
	MultiStepAttention,
	type MultiStepMemory,
	multiStepMemory,
} from "./attention/multi-step-attention.ts";
export { ParallelAttention } from "./attention/parallel-attention.ts";
export { ScoreAttention, type ScoreAttentionArgs } from "./attention/score-attention.ts";
export { ScoredSteppedAttention } from "./attention/scored-stepped-attention.ts";
export type { StepScore } from "./attention/step-score.ts";
export { type Aligned, SteppedAttention } from "./attention/stepped-attention.ts";
// decode/
export { type BeamDecodeOptions, beamDecode } from "./decode/beam-decode.ts";
export type { CoveragePenalty } from "./decode/coverage-penalty.ts";
export type { TokenEvents, TokenStep } from "./decode/decode-rows.ts";
export { type GreedyDecodeOptions, greedyDecode } from "./decode/greedy-decode.ts";
export type { Hypothesis } from "./decode/hypothesis.ts";
export type { LengthPenalty } from "./decode/length-penalty.ts";
export { type SampleDecodeOptions, sampleDecode } from "./decode/sample-decode.ts";
export type { StepDecoder, StepResult } from "./decode/step-decoder.ts";
export type { TokenRules } from "./decode/token-rules.ts";
// import/: models from the weights of others
export { type BertImportOptions, bertFromHuggingFace } from "./import/bert-from-hugging-face.ts";
export { decoderLMFromGpt2, type Gpt2ImportOptions } from "./import/decoder-lm-from-gpt2.ts";
export { decoderLMFromLlama, type LlamaImportOptions } from "./import/decoder-lm-from-llama.ts";
export { decoderLMFromLlama2c } from "./import/decoder-lm-from-llama2c.ts";
export type { Imported, ImportOptions, NamedTensors } from "./import/import-weights.ts";
export { type JoeyNmtSeq2SeqOptions, seq2seqFromJoeyNmt } from "./import/seq2seq-from-joeynmt.ts";
export {
	type CTranslate2Options,
	transformerFromCTranslate2,
} from "./import/transformer-from-ctranslate2.ts";
export { type JoeyNmtTransformerOptions, transformerFromJoeyNmt } from "./import/transformer-from-joeynmt.ts";
// metrics/
export { type AlignmentScore, alignmentErrorRate } from "./metrics/alignment-error-rate.ts";
export {
	type AlignmentFromAttentionOptions,
	alignmentFromAttention,
} from "./metrics/alignment-from-attention.ts";
export { type BleuOptions, type BleuScore, bleu } from "./metrics/bleu.ts";
export type { ReferenceTexts } from "./metrics/check-corpus.ts";
export { type ChrfOptions, type ChrfScore, chrf } from "./metrics/chrf.ts";
export { type ExactMatch, exactMatch } from "./metrics/exact-match.ts";
export {
	type AlignmentLink,
	type Alignments,
	type ReadAlignmentsOptions,
	readAlignments,
} from "./metrics/read-alignments.ts";
export { type SpanF1, type SpanScore, spanF1, type TagSpan, tagSpans } from "./metrics/span-f1.ts";
export { tokenize13a } from "./metrics/tokenize-13a.ts";
export {
	AttentionClassifier,
	type AttentionClassifierLossOptions,
} from "./models/attention-classifier.ts";
export { AttentionOverAttentionReader } from "./models/attention-over-attention-reader.ts";
export {
	AttentionalDecoder,
	type AttentionalDecoderOptions,
} from "./models/attentional-decoder.ts";
export { AttentiveReader } from "./models/attentive-reader.ts";
export type { BertBatch, TextLabelBatch, TokenLabelBatch } from "./models/bert-batch.ts";
export type { BertConfig, ResolvedBertConfig } from "./models/bert-config.ts";
export { BertEncoder, type BertLossOptions } from "./models/bert-encoder.ts";
// models/
export type { Copies } from "./models/check-batch.ts";
export type { DocumentBatch, LabelledDocuments } from "./models/classifier-batch.ts";
export type {
	AttentionClassifierConfig,
	PoolingConfig,
	ResolvedAttentionClassifierConfig,
} from "./models/classifier-config.ts";
export { ClozeReader, type ReaderLossOptions, type ReadTexts } from "./models/cloze-reader.ts";
export { ConvSeq2Seq, type ConvSeq2SeqLossOptions } from "./models/conv-seq2seq.ts";
export type { ConvSeq2SeqConfig, ResolvedConvSeq2SeqConfig } from "./models/conv-seq2seq-config.ts";
export type {
	DecodedStep,
	DecodedSteps,
	DecoderRunOptions,
	DecoderState,
} from "./models/decoded-steps.ts";
export { DecoderLM, type DecoderLMLossOptions, type DecoderLMState } from "./models/decoder-lm.ts";
export {
	type DecoderLMConfig,
	type GptSizes,
	gptConfig,
	llamaConfig,
	type ResolvedDecoderLMConfig,
} from "./models/decoder-lm-config.ts";
export { ImpatientReader } from "./models/impatient-reader.ts";
export type { PromptBatch, TokenBatch } from "./models/prompt-batch.ts";
export type { ClozeBatch, QuestionBatch } from "./models/reader-batch.ts";
export type { AttentiveReaderConfig, ReaderConfig, ResolvedReaderConfig } from "./models/reader-config.ts";
export { Seq2Seq, type Seq2SeqState } from "./models/seq2seq.ts";
export { copyFields, type Seq2SeqBatch, type SourceBatch, toSeq2SeqBatch } from "./models/seq2seq-batch.ts";
export type { ResolvedSeq2SeqConfig, Seq2SeqConfig, Seq2SeqParts } from "./models/seq2seq-config.ts";
export type { Seq2SeqLossOptions } from "./models/seq2seq-loss-options.ts";
export { type SequenceLossOptions, sequenceLoss } from "./models/sequence-loss.ts";
export { Tagger, type TaggerLossOptions } from "./models/tagger.ts";
export {
	type EncodedSentence,
	type EncodedTagging,
	type SentenceBatch,
	type TaggedBatch,
	toSentenceBatch,
	toTaggedBatch,
} from "./models/tagger-batch.ts";
export type { ResolvedTaggerConfig, TaggerConfig, TaggerSelfAttention } from "./models/tagger-config.ts";
export type { TokenPositions } from "./models/token-embedding.ts";
export { type DecisionTerm, RewardBaseline, type RewardOf } from "./models/training-terms.ts";
export { Transformer, type TransformerLossOptions } from "./models/transformer.ts";
export type {
	ResolvedTransformerConfig,
	TransformerConfig,
	TransformerPartConfig,
	TransformerPositions,
} from "./models/transformer-config.ts";
export {
	TransformerDecoder,
	type TransformerDecoderCall,
	type TransformerDecoderOptions,
	type TransformerDecoderStep,
	type TransformerState,
} from "./models/transformer-decoder.ts";
export {
	TransformerEncoder,
	type TransformerEncoderCall,
	type TransformerEncoderOptions,
} from "./models/transformer-encoder.ts";
export { VocabularyReader } from "./models/vocabulary-reader.ts";
// pooling/: one vector, or a few, of a sequence
export { ContextPooling, type ContextPoolingArgs } from "./pooling/context-pooling.ts";
export { type Pooled, PoolingLayer } from "./pooling/pooling-layer.ts";
export { StaticAttention, type StaticAttentionArgs } from "./pooling/static-attention.ts";
export {
	StructuredSelfAttention,
	type StructuredSelfAttentionArgs,
	structuredPenalty,
} from "./pooling/structured-self-attention.ts";
// reading/: documents and questions
export {
	type AttentionOverAttention,
	type AttentionOverAttentionOptions,
	attentionOverAttention,
} from "./reading/attention-over-attention.ts";
export { type SumByWordOptions, sumByWord } from "./reading/sum-by-word.ts";
// recurrent/
export { ConvDecoder, type ConvDecoderState } from "./recurrent/conv-decoder.ts";
export { ConvEncoder, type ConvOptions } from "./recurrent/conv-encoder.ts";
export {
	type GruFromKerasOptions,
	gruFromKeras,
	type KerasRecurrentWeights,
	lstmFromKeras,
} from "./recurrent/from-keras.ts";
export {
	type GruWeightValues,
	gruFromTorch,
	type LstmWeightValues,
	lstmFromTorch,
	type TorchRecurrentWeights,
} from "./recurrent/from-torch.ts";
export { GruCell, type GruCellOptions } from "./recurrent/gru-cell.ts";
export { LstmCell, type LstmCellOptions } from "./recurrent/lstm-cell.ts";
export { QrnnCell, type QrnnCellOptions } from "./recurrent/qrnn-cell.ts";
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
export type { LayerSelfAttention, RecurrentStackOptions } from "./recurrent/recurrent-stack.ts";
// What this package offers, as data
export { nlpMechanisms } from "./registry.ts";
// tagging/
export { type AffixIdsOptions, affixIds } from "./tagging/affix-ids.ts";
export { type CrfOptions, crfLogLikelihood } from "./tagging/crf-log-likelihood.ts";
export type { CrfWeights } from "./tagging/crf-weights.ts";
export { type TagPath, viterbiDecode } from "./tagging/viterbi-decode.ts";
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
export { ExtendedVocabulary } from "./text/extended-vocabulary.ts";
export { type HashSplit, type HashSplitOptions, hashSplit } from "./text/hash-split.ts";
export { hashText } from "./text/hash-text.ts";
export {
	type Llama2cEncodeOptions,
	Llama2cTokenizer,
	type Llama2cVocabulary,
} from "./text/llama2c-tokenizer.ts";
export { type MaskedTokens, type MaskTokensOptions, maskTokens } from "./text/mask-tokens.ts";
export { type PadBatchOptions, type PaddedBatch, padBatch, toTensors } from "./text/pad-batch.ts";
export type { Tokenizer } from "./text/tokenizer.ts";
export {
	type EncodeOptions,
	Vocabulary,
	type VocabularyJson,
	type VocabularyOptions,
} from "./text/vocabulary.ts";
export { joiner, type WordTokenizerOptions, wordTokenizer } from "./text/word-tokenizer.ts";
