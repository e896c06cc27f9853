import { checkDtype, checkNotEmpty, checkNumber, checkOptions, checkShape, HeedError } from "@heed/core";
import { checkIds, type Dense, dropoutStream, makeDense, Parameters } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { checkGiven } from "../ops/check-given.ts";
import { liveSteps } from "../recurrent/recurrent-encoder.ts";
import { crfLogLikelihood } from "../tagging/crf-log-likelihood.ts";
import { viterbiDecode } from "../tagging/viterbi-decode.ts";
import { sequenceLoss } from "./sequence-loss.ts";
import type { SentenceBatch, TaggedBatch } from "./tagger-batch.ts";
import { type ResolvedTaggerConfig, resolveTaggerConfig, type TaggerConfig } from "./tagger-config.ts";
import { TaggerEncoder } from "./tagger-encoder.ts";

/** What {@link Tagger.loss} accepts. */
export interface TaggerLossOptions {
	/** Apply the dropout of the config, drawn from this seed: another one for every step. Default: no dropout. */
	readonly trainingSeed?: number | undefined;
}

/** The scores of a linear chain as weights. */
interface Chain {
	readonly transitions: tf.Variable<tf.Rank.R2>;
	readonly start: tf.Variable<tf.Rank.R1>;
	readonly end: tf.Variable<tf.Rank.R1>;
}

/**
 * Gives every word of a sentence a tag: its part of speech, or the place that it has in a name.
 *
 *     x = [embedding[word]; what the word looks like]        see affixIds
 *     h = recurrent layers in both directions over x
 *     h = h + selfAttention(h)                               with `selfAttention`
 *     scores = W h + b;   softmax per word, or a CRF over the path of tags
 *
 * Train it with {@link loss} and any optimizer over {@link weights}; {@link tag} gives the tags. `captureAttention` around
 * either records where the self-attention looked, `['batch', 'heads', 'query', 'key']`. Call {@link dispose} when it is no
 * longer needed.
 *
 * Lample et al. 2016, "Neural Architectures for Named Entity Recognition", https://arxiv.org/abs/1603.01360, with affixes in
 * the place of its character LSTM; self-attention after a recurrent layer: Tan et al. 2017, "Deep Semantic Role Labeling with
 * Self-Attention", https://arxiv.org/abs/1712.01586.
 *
 * When not to use it: with few sentences and no vectors learned elsewhere, a pre-trained Transformer tags far better.
 */
export class Tagger {
	/** Every choice made, as JSON: `Tagger.fromConfig(model.config)` has the same shape. */
	readonly config: ResolvedTaggerConfig;
	readonly #parameters: Parameters;
	readonly #encoder: TaggerEncoder;
	readonly #output: Dense;
	readonly #chain: Chain | undefined;

	/** @throws HeedError `OPTION`. No weights stay behind then. */
	constructor(config: TaggerConfig) {
		this.config = resolveTaggerConfig(config);
		const { tags, units, bidirectional, output, seed } = this.config;
		this.#parameters = new Parameters({ seed });
		try {
			this.#encoder = new TaggerEncoder(this.#parameters.scope("encoder"), this.config);
			this.#output = makeDense(this.#parameters.scope("output"), {
				inputSize: units * (bidirectional ? 2 : 1),
				outputSize: tags,
			});
			const chain = this.#parameters.scope("crf");
			this.#chain =
				output === "softmax"
					? undefined
					: {
							transitions: chain.add<tf.Rank.R2>("transitions", [tags, tags], "zeros"),
							start: chain.add<tf.Rank.R1>("start", [tags], "zeros"),
							end: chain.add<tf.Rank.R1>("end", [tags], "zeros"),
						};
		} catch (error) {
			this.#parameters.dispose();
			throw error;
		}
	}

	/** A model with fresh weights from a config, for instance one that was saved. */
	static fromConfig(config: TaggerConfig): Tagger {
		return new Tagger(config);
	}

	/** Every weight by its name, for optimizers, checkpoints and imports. All are trainable. */
	get weights(): ReadonlyMap<string, tf.Variable> {
		return this.#parameters.variables;
	}

	/**
	 * The negative log-likelihood of the tags per word: the mean cross entropy of a softmax, or what the CRF gives the paths
	 * of the whole batch, divided by the number of words. 0 when there is no word.
	 *
	 * @throws HeedError `SHAPE`, `DTYPE`, `OPTION`; on backends that compute in plain memory (cpu, wasm, tensorflow) also
	 *   `VALUE` for ids out of range and lengths beyond a row. A GPU would have to stop for that.
	 */
	loss(batch: TaggedBatch, options: TaggerLossOptions = {}): tf.Scalar {
		const where = "Tagger.loss";
		checkOptions(where, options, ["trainingSeed"]);
		const { trainingSeed } = options;
		if (trainingSeed !== undefined)
			checkNumber(where, "trainingSeed", trainingSeed, { integer: true, min: 0 });
		this.#parameters.checkAlive(where);
		checkSentences(where, batch, this.config);
		const { words, tags, lengths } = batch;
		checkShape(where, "tags", tags, ["batch", "length"], words.shape, "words");
		checkDtype(where, "tags", tags, "int32");
		return tf.tidy(() => {
			const [size, length] = words.shape;
			const live = tf.transpose(liveSteps(lengths, length)); // [B, T]
			const known = tf.where(tf.cast(live, "bool"), tags, tf.zerosLike(tags)) as tf.Tensor2D;
			checkIds(where, "tags", known, this.config.tags, "the tags of the config");
			const logits = this.#scores(batch, trainingSeed); // [B, T, K]
			if (this.#chain === undefined) {
				const rows = tf.reshape(logits, [size * length, this.config.tags]) as tf.Tensor2D;
				return sequenceLoss(rows, tf.reshape(known, [-1]), { live: tf.reshape(live, [-1]) });
			}
			const likelihoods = crfLogLikelihood(logits, known, { ...this.#chain, lengths }); // [B]
			return tf.div(tf.neg(tf.sum(likelihoods)), tf.maximum(tf.sum(live), 1));
		});
	}

	/**
	 * The score of each tag for each word, `[batch, length, tags]`: logits of the softmax, emissions of the CRF.
	 *
	 * @throws HeedError as {@link loss}.
	 */
	logits(batch: SentenceBatch): tf.Tensor3D {
		this.#parameters.checkAlive("Tagger.logits");
		checkSentences("Tagger.logits", batch, this.config);
		return tf.tidy(() => this.#scores(batch));
	}

	/**
	 * The tags of each sentence, one per word: the likeliest of each word, or the likeliest path of the CRF.
	 *
	 * @throws HeedError as {@link loss}; `VALUE` if scores are NaN, of which none is the best.
	 */
	async tag(batch: SentenceBatch): Promise<Int32Array[]> {
		const where = "Tagger.tag";
		this.#parameters.checkAlive(where);
		checkSentences(where, batch, this.config);
		const logits = tf.tidy(() => this.#scores(batch));
		try {
			const likeliest = await likeliestTags(where, logits, batch.lengths);
			if (this.#chain === undefined) return likeliest;
			const paths = await viterbiDecode(logits, { ...this.#chain, lengths: batch.lengths });
			return paths.map(({ tags }) => tags);
		} finally {
			logits.dispose();
		}
	}

	/** Frees the weights. */
	dispose(): void {
		this.#parameters.dispose();
	}

	/** `[B, T, K]`. */
	#scores(batch: SentenceBatch, trainingSeed?: number): tf.Tensor3D {
		return this.#output(this.#encoder.encode(batch, dropoutStream(this.config.dropout, trainingSeed)));
	}
}

/** The likeliest tag of each word, of `[B, T, K]`. Refuses NaN, of which none is the largest. */
async function likeliestTags(
	where: string,
	logits: tf.Tensor3D,
	lengths: tf.Tensor1D,
): Promise<Int32Array[]> {
	const [, width] = logits.shape;
	const best = tf.tidy(() => {
		const unknown = tf.any(tf.isNaN(logits), 2); // [B, T]
		const tags = tf.argMax(logits, 2); // [B, T]
		return tf.where(unknown, tf.fill(tags.shape, -1, "int32"), tags);
	});
	try {
		const [ids, counts] = await Promise.all([best.data<"int32">(), lengths.data<"int32">()]);
		return Array.from(counts, (count, row) => {
			const tags = Int32Array.from(ids.slice(row * width, row * width + count));
			const place = tags.indexOf(-1);
			if (place < 0) return tags;
			const message = `the scores of words[${row}, ${place}] are NaN. Look for NaN in the weights of the model.`;
			throw new HeedError("VALUE", where, message);
		});
	} finally {
		best.dispose();
	}
}

function checkSentences(where: string, batch: SentenceBatch, config: ResolvedTaggerConfig): void {
	checkGiven(where, batch);
	const { words, lengths, affixes } = batch;
	checkShape(where, "words", words, ["batch", "length"], [null, null], "a batch");
	checkDtype(where, "words", words, "int32");
	const [size, length] = words.shape;
	checkShape(where, "lengths", lengths, ["batch"], [size], "words");
	checkDtype(where, "lengths", lengths, "int32");
	checkNotEmpty(where, "words", words, ["batch", "length"]);
	checkIds(where, "words", words, config.vocabularySize, "the vocabulary");
	checkIds(where, "lengths", lengths, length + 1, "the width of words");
	if (config.affixBuckets === 0) {
		if (affixes === undefined) return;
		const message =
			"`affixes` came, and the model has no table for them. Leave them out, or give `affixBuckets`.";
		throw new HeedError("OPTION", where, message);
	}
	if (affixes === undefined) {
		const message =
			"`affixes` is undefined; the model has `affixBuckets`. Give the ids of `affixIds` for each word.";
		throw new HeedError("OPTION", where, message);
	}
	checkShape(where, "affixes", affixes, ["batch", "length", "affixes"], [size, length, null], "words");
	checkDtype(where, "affixes", affixes, "int32");
	if (affixes.size === 0)
		throw new HeedError("SHAPE", where, "affixes are empty; expected at least one per word.");
	checkIds(where, "affixes", affixes, config.affixBuckets, "the affix buckets");
}
