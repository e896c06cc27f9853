import { expectWholeRegistry } from "@heed/testing";
import { test } from "vitest";
import * as nlp from "./index.ts";

/**
 * Exported classes and functions that are no mechanisms. A new one belongs in the registry of its folder, or here. The gate
 * that copies words of the source is a part of `Seq2Seq`, which `copy` asks for: it has no exported name that an entry could
 * have, so the entry of `Seq2Seq` tells of it.
 */
const others: Record<string, readonly string[]> = {
	"bases of attention": [
		"DecoderAttentionBase",
		"ParallelAttention",
		"PoolingLayer",
		"ScoreAttention",
		"ScoredSteppedAttention",
		"SteppedAttention",
	],
	"bases of models": ["ClozeReader", "VocabularyReader"],
	"parts of the models of an entry": [
		"TransformerDecoder",
		"TransformerEncoder",
		"multiStepMemory", // of MultiStepAttention
	],
	"settings of models": ["gptConfig", "llamaConfig"],
	losses: ["RewardBaseline", "sequenceLoss"],
	"weights of others": [
		"bertFromHuggingFace",
		"decoderLMFromGpt2",
		"decoderLMFromLlama",
		"decoderLMFromLlama2c",
		"gruFromKeras",
		"gruFromTorch",
		"lstmFromKeras",
		"lstmFromTorch",
		"seq2seqFromJoeyNmt",
		"transformerFromCTranslate2",
		"transformerFromJoeyNmt",
	],
	metrics: [
		"alignmentErrorRate",
		"alignmentFromAttention",
		"bleu",
		"chrf",
		"exactMatch",
		"readAlignments",
		"spanF1",
		"tagSpans",
		"tokenize13a",
	],
	"texts, vocabularies and batches": [
		"ExtendedVocabulary",
		"Llama2cTokenizer",
		"Vocabulary",
		"affixIds",
		"batchOrder",
		"batchPairs",
		"characterTokenizer",
		"copyFields",
		"hashSplit",
		"hashText",
		"maskTokens",
		"padBatch",
		"padPairs",
		"toSentenceBatch",
		"toSeq2SeqBatch",
		"toTaggedBatch",
		"toTensors",
		"wordTokenizer",
	],
};

test("every mechanism has an entry, and every entry is exported", () => {
	expectWholeRegistry({ from: "@heed/nlp", exports: nlp, mechanisms: nlp.nlpMechanisms, others });
});
