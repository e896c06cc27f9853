import {
	checkDtype,
	checkNotEmpty,
	checkOptions,
	checkShape,
	type DifferentiableOp,
	HeedError,
	runDifferentiableOp,
} from "@heed/core";
import { checkIds } from "@heed/layers";
import * as tf from "@tensorflow/tfjs-core";
import { composedLogLikelihood } from "./composed-log-likelihood.ts";
import { type CrfWeights, checkCrf } from "./crf-weights.ts";
import { type ChainScores, ForwardBackward, pathScore } from "./forward-backward.ts";

/** What {@link crfLogLikelihood} accepts. */
export interface CrfOptions extends CrfWeights {
	/** How many leading places of each row count, int32 `[batch]`. Default: all. */
	readonly lengths?: tf.Tensor1D | undefined;
}

/**
 * The log-likelihood of tag paths under a linear-chain conditional random field:
 *
 *     score(y) = start(y_1) + Σ_t e_t(y_t) + Σ_t T(y_{t−1}, y_t) + end(y_n)
 *     log p(y) = score(y) − log Σ_{y'} exp(score(y'))                    the sum over all paths, by the forward algorithm
 *
 * Exact in value and gradient (the probabilities of tags and pairs, by the forward-backward algorithm) for scores of any
 * size; computed in float64 where tensors are in plain memory (cpu, wasm), by the host's ops elsewhere. What stands past a
 * length has no influence; a row of length 0 gives 0.
 *
 * Lafferty et al. 2001, "Conditional Random Fields"; on top of a BiLSTM: Lample et al. 2016, "Neural Architectures for Named
 * Entity Recognition", https://arxiv.org/abs/1603.01360
 *
 * When not to use it: neighbouring tags that say little of each other, such as parts of speech after a good encoder, gain
 * little from it; a softmax per token is several times faster.
 *
 * @param emissions Score of each tag at each place, `[batch, length, tags]`.
 * @param tags int32 `[batch, length]`; any number past the length.
 * @returns `[batch]`. Differentiable with respect to emissions, transitions, start and end.
 * @throws HeedError `SHAPE`, `DTYPE`, `OPTION`; on backends that compute in plain memory also `VALUE`, for tags and lengths
 *   out of range.
 */
export function crfLogLikelihood(
	emissions: tf.Tensor3D,
	tags: tf.Tensor2D,
	options: CrfOptions,
): tf.Tensor1D {
	const where = "crfLogLikelihood";
	checkOptions(where, options, ["transitions", "start", "end", "lengths"]);
	const { transitions, lengths } = options;
	checkCrf(where, emissions, options, lengths);
	const [batch, length, classes] = emissions.shape;
	checkShape(where, "tags", tags, ["batch", "length"], [batch, length], "emissions");
	checkDtype(where, "tags", tags, "int32");
	checkNotEmpty(where, "emissions", emissions, ["batch", "length", "tags"]);
	if (lengths !== undefined) checkIds(where, "lengths", lengths, length + 1, "the length of emissions");
	const plain = plainMemory.has(tf.getBackend());
	if (plain) checkTags(where, tags, lengths, classes);
	return tf.tidy(() => {
		const whole = lengths ?? tf.fill<tf.Rank.R1>([batch], length, "int32");
		const { start = tf.zeros<tf.Rank.R1>([classes]), end = tf.zeros<tf.Rank.R1>([classes]) } = options;
		const inputs = { emissions, tags, lengths: whole, transitions, start, end };
		if (!plain) return composedLogLikelihood(inputs);
		const [result] = runDifferentiableOp(hostOp, inputs, {});
		return result as tf.Tensor1D;
	});
}

/** Where reading a tensor neither waits for a device nor copies much. */
const plainMemory = new Set(["cpu", "wasm", "tensorflow"]);

/** Refuses tags out of range where they count. */
function checkTags(
	where: string,
	tags: tf.Tensor2D,
	lengths: tf.Tensor1D | undefined,
	classes: number,
): void {
	const ids = tags.dataSync<"int32">();
	const counts = lengths?.dataSync<"int32">();
	const [, length] = tags.shape;
	const wrong = ids.findIndex((id, index) => {
		const [row, place] = [Math.floor(index / length), index % length];
		return place < (counts?.[row] ?? length) && (id < 0 || id >= classes);
	});
	if (wrong < 0) return;
	const [row, place] = [Math.floor(wrong / length), wrong % length];
	const message = `tags[${row}, ${place}] is ${ids[wrong]}; expected 0 to ${classes - 1}, by the tags of emissions.`;
	throw new HeedError("VALUE", where, message);
}

type Tensors = Readonly<Record<string, tf.Tensor>>;

/** The rows of a batch in plain numbers, each cut to its length. */
function readRows({ emissions, tags, lengths }: Tensors): { emissions: Float64Array; path: Int32Array }[] {
	const [batch = 0, length = 0, classes = 0] = (emissions as tf.Tensor).shape;
	const scores = (emissions as tf.Tensor).dataSync();
	const ids = (tags as tf.Tensor).dataSync<"int32">();
	const counts = (lengths as tf.Tensor).dataSync<"int32">();
	return Array.from({ length: batch }, (_, row) => {
		const [from, count] = [row * length, counts[row] ?? 0];
		return {
			emissions: new Float64Array(scores.subarray(from * classes, (from + count) * classes)),
			path: ids.slice(from, from + count) as Int32Array,
		};
	});
}

function readScores({ transitions, start, end }: Tensors): ChainScores {
	const numbers = (tensor: tf.Tensor | undefined): Float64Array =>
		new Float64Array((tensor as tf.Tensor).dataSync());
	return {
		tags: start?.shape[0] ?? 0,
		transitions: numbers(transitions),
		start: numbers(start),
		end: numbers(end),
	};
}

const hostOp: DifferentiableOp<Record<string, never>> = {
	kernelName: "HeedCrfLogLikelihood",
	inputsToSave: ["emissions", "tags", "lengths", "transitions", "start", "end"],
	gradients: ["emissions", "transitions", "start", "end"],
	outputCount: 1,

	forward: (inputs) => {
		const scores = readScores(inputs);
		const chain = new ForwardBackward(scores);
		const values = readRows(inputs).map(({ emissions, path }) =>
			path.length === 0 ? 0 : pathScore(scores, emissions, path) - chain.forward(emissions).logZ,
		);
		return [tf.tensor1d(values)];
	},

	backward: ([upstream], inputs) => {
		const scores = readScores(inputs);
		const { tags } = scores;
		const shape = (inputs.emissions as tf.Tensor).shape as [number, number, number];
		const weights = (upstream as tf.Tensor).dataSync();
		const chain = new ForwardBackward(scores);
		const total = {
			transitions: new Float64Array(tags * tags),
			start: new Float64Array(tags),
			end: new Float64Array(tags),
		};
		const add = (sums: Float64Array, index: number, value: number): void => {
			sums[index] = (sums[index] ?? 0) + value;
		};
		const unary = new Float32Array(shape[0] * shape[1] * tags);
		readRows(inputs).forEach(({ emissions, path }, row) => {
			const weight = weights[row] ?? 0;
			if (path.length === 0) return;
			// The gradient of log Z with the sign turned: what the model expects; then what there is.
			const found = chain.backward(emissions, -weight, total);
			path.forEach((tag, t) => {
				add(found, t * tags + tag, weight);
				if (t > 0) add(total.transitions, (path[t - 1] ?? 0) * tags + tag, weight);
			});
			add(total.start, path[0] ?? 0, weight);
			add(total.end, path.at(-1) ?? 0, weight);
			unary.set(found, row * shape[1] * tags);
		});
		chain.finish(total);
		return {
			emissions: tf.tensor3d(unary, shape),
			transitions: tf.tensor2d(new Float32Array(total.transitions), [tags, tags]),
			start: tf.tensor1d(new Float32Array(total.start)),
			end: tf.tensor1d(new Float32Array(total.end)),
		};
	},
};
