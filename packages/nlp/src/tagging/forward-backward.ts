/** The scores of transitions between `tags` tags. */
export interface ChainScores {
	readonly tags: number;
	/** `[K, K]` row-major, from a tag (row) to the next one (column). */
	readonly transitions: Float64Array;
	/** `[K]`. */
	readonly start: Float64Array;
	/** `[K]`. */
	readonly end: Float64Array;
}

/** The gradients of one or many sentences, added up. */
export type ChainGradients = Omit<ChainScores, "tags">;

/** Below this a sum of scaled exponentials has lost terms; it is computed anew, term by term. */
const smallestSum = 1e-280;
/** Tags less probable than e^-35 = 6e-16 have no part in a sum of float64 near 1. */
const smallestLog = -35;
/** From this exponent on, a scaled exponential comes near the largest number; it is computed without scale. */
const largestExponent = 600;

/**
 * The forward and the backward algorithm of linear chains in float64 and plain loops:
 *
 *     α_1 = start + e_1      α_t(j) = e_t(j) + log Σ_i exp(α_{t−1}(i) + T(i, j))      log Z = log Σ_j exp(α_n(j) + end(j))
 *     β_n = end              β_t(i) = log Σ_j exp(T(i, j) + e_{t+1}(j) + β_{t+1}(j))
 *
 * A step is a product with exp(T), each column scaled by its largest entry, and the logarithm of every sum is taken before
 * the next step: exact however far the scores are apart, and only K exponentials per step.
 */
export class ForwardBackward {
	readonly #scores: ChainScores;
	/** The largest transition into each tag, `[K]`. */
	readonly #largest: Float64Array;
	/** `exp(T(i, j) − largest(j))`, `[K, K]`. */
	readonly #scaled: Float64Array;
	/** {@link #scaled} with rows and columns exchanged. */
	readonly #turned: Float64Array;
	/** The expected pairs so far, without the factor {@link #scaled}, `[K, K]`. */
	readonly #pairs: Float64Array;

	constructor(scores: ChainScores) {
		const { tags, transitions } = scores;
		this.#scores = scores;
		this.#largest = Float64Array.from({ length: tags }, (_, j) =>
			largestOf(tags, (i) => at(transitions, i * tags + j)),
		);
		this.#scaled = transitions.map((score, pair) => Math.exp(score - at(this.#largest, pair % tags)));
		this.#turned = this.#scaled.map((_, place) => {
			const [j, i] = [Math.floor(place / tags), place % tags];
			return at(this.#scaled, i * tags + j);
		});
		this.#pairs = new Float64Array(tags * tags);
	}

	/**
	 * log Z of a sentence, and α for all its places, `[T, K]`.
	 *
	 * @param emissions `[T, K]`.
	 */
	forward(emissions: Float64Array): { readonly logZ: number; readonly alpha: Float64Array } {
		const { tags, transitions, start, end } = this.#scores;
		const alpha = new Float64Array(emissions.length);
		for (let j = 0; j < tags; j++) alpha[j] = at(start, j) + at(emissions, j);
		const sums = new Float64Array(tags);
		for (let here = tags; here < alpha.length; here += tags) {
			const before = here - tags;
			const shift = largestOf(tags, (i) => at(alpha, before + i));
			const weights = alpha.subarray(before, here).map((score) => Math.exp(score - shift));
			multiply(weights, this.#scaled, sums);
			for (let j = 0; j < tags; j++) {
				const sum = at(sums, j);
				const log =
					sum > smallestSum
						? Math.log(sum) + shift + at(this.#largest, j)
						: logSumExp(tags, (i) => at(alpha, before + i) + at(transitions, i * tags + j));
				alpha[here + j] = at(emissions, here + j) + log;
			}
		}
		const last = alpha.length - tags;
		return { alpha, logZ: logSumExp(tags, (j) => at(alpha, last + j) + at(end, j)) };
	}

	/**
	 * The gradient of `weight · log Z`: the probability of each tag at each place comes back, `[T, K]`; starts, ends and
	 * expected transitions are added to `total`. Call {@link finish} after the last sentence.
	 */
	backward(emissions: Float64Array, weight: number, total: ChainGradients): Float64Array {
		const { tags, end } = this.#scores;
		const { alpha, logZ } = this.forward(emissions);
		const expected = new Float64Array(alpha.length);
		const last = alpha.length - tags;
		let beta = end;
		for (let here = last; here >= 0; here -= tags) {
			for (let j = 0; j < tags; j++) {
				expected[here + j] = weight * Math.exp(at(alpha, here + j) + at(beta, j) - logZ);
			}
			if (here === 0) break;
			const onward = beta.map((score, j) => score + at(emissions, here + j)); // e_t + β_t
			beta = this.#stepBack(onward);
			this.#addPairs(alpha.subarray(here - tags, here), { beta, onward, logZ, weight }, total);
		}
		for (let j = 0; j < tags; j++) {
			total.start[j] = at(total.start, j) + at(expected, j);
			total.end[j] = at(total.end, j) + at(expected, last + j);
		}
		return expected;
	}

	/** Adds what the pairs of all sentences came to. */
	finish(total: ChainGradients): void {
		this.#pairs.forEach((sum, pair) => {
			total.transitions[pair] = at(total.transitions, pair) + sum * at(this.#scaled, pair);
		});
	}

	/** Adds `weight · exp(α(i) + T(i, j) + onward(j) − log Z)` for all pairs that have a chance. */
	#addPairs(alpha: Float64Array, step: BackwardStep, total: ChainGradients): void {
		const { tags, transitions } = this.#scores;
		const { beta, onward, logZ, weight } = step;
		const pairs = this.#pairs;
		const shift = largestOf(tags, (i) => at(alpha, i));
		const factors = onward.map((score, j) => {
			const exponent = score + at(this.#largest, j) + shift - logZ;
			if (exponent < largestExponent) return Math.exp(exponent);
			for (let i = 0; i < tags; i++) {
				const pair = i * tags + j;
				const log = at(alpha, i) + at(transitions, pair) + score - logZ;
				total.transitions[pair] = at(total.transitions, pair) + weight * Math.exp(log);
			}
			return 0;
		});
		for (let i = 0; i < tags; i++) {
			// The pairs of a tag are together as probable as the tag, so that an improbable one can be left out.
			if (at(alpha, i) + at(beta, i) - logZ < smallestLog) continue;
			const factor = weight * Math.exp(at(alpha, i) - shift);
			const row = i * tags;
			for (let j = 0; j < tags; j++) pairs[row + j] = at(pairs, row + j) + factor * at(factors, j);
		}
	}

	/** `log Σ_j exp(T(i, j) + onward(j))`, `[K]`. */
	#stepBack(onward: Float64Array): Float64Array {
		const { tags, transitions } = this.#scores;
		const scores = onward.map((score, j) => score + at(this.#largest, j));
		const shift = largestOf(tags, (j) => at(scores, j));
		const weights = scores.map((score) => Math.exp(score - shift));
		const sums = new Float64Array(tags);
		multiply(weights, this.#turned, sums);
		return sums.map((sum, i) => {
			if (sum > smallestSum) return Math.log(sum) + shift;
			return logSumExp(tags, (j) => at(transitions, i * tags + j) + at(onward, j));
		});
	}
}

/** One step of the backward algorithm, between two neighbouring places. */
interface BackwardStep {
	/** β at the first of them. */
	readonly beta: Float64Array;
	/** e + β at the second. */
	readonly onward: Float64Array;
	readonly logZ: number;
	readonly weight: number;
}

/** `out(j) = Σ_i weights(i) · matrix(i, j)`, four rows at a time, so that a sum is read and written a quarter as often. */
function multiply(weights: Float64Array, matrix: Float64Array, out: Float64Array): void {
	const size = weights.length;
	out.fill(0);
	let i = 0;
	for (; i + 3 < size; i += 4) {
		const [a, b, c, d] = [at(weights, i), at(weights, i + 1), at(weights, i + 2), at(weights, i + 3)];
		const row = i * size;
		for (let j = row; j < row + size; j++) {
			out[j - row] =
				at(out, j - row) +
				(a * at(matrix, j) +
					b * at(matrix, j + size) +
					c * at(matrix, j + 2 * size) +
					d * at(matrix, j + 3 * size));
		}
	}
	for (; i < size; i++) {
		const a = at(weights, i);
		for (let j = 0; j < size; j++) out[j] = at(out, j) + a * at(matrix, i * size + j);
	}
}

/** What a path of tags scores: emissions, transitions, start and end. */
export function pathScore(scores: ChainScores, emissions: Float64Array, path: Int32Array): number {
	const { tags, transitions, start, end } = scores;
	let score = 0;
	path.forEach((tag, t) => {
		const before = path[t - 1];
		score += at(emissions, t * tags + tag);
		score += before === undefined ? at(start, tag) : at(transitions, before * tags + tag);
		if (t === path.length - 1) score += at(end, tag);
	});
	return score;
}

/** Only ever of one kind of array, so that the loops that call it stay fast. */
function at(values: Float64Array, index: number): number {
	return values[index] as number;
}

function largestOf(count: number, value: (i: number) => number): number {
	let largest = -Infinity;
	for (let i = 0; i < count; i++) largest = Math.max(largest, value(i));
	return largest;
}

function logSumExp(count: number, value: (i: number) => number): number {
	const shift = largestOf(count, value);
	let sum = 0;
	for (let i = 0; i < count; i++) sum += Math.exp(value(i) - shift);
	return shift + Math.log(sum);
}
