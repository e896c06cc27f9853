import { checkOptions, HeedError } from "@heed/core";
import type * as tf from "@tensorflow/tfjs-core";
import type { CrfOptions } from "./crf-log-likelihood.ts";
import { checkCrf } from "./crf-weights.ts";
import type { ChainScores } from "./forward-backward.ts";

/** The best path of tags through a sentence. */
export interface TagPath {
	/** One tag per place within the length. */
	readonly tags: Int32Array;
	/** Its score, not normalised: emissions, transitions, start and end. */
	readonly score: number;
}

/**
 * The path of tags with the highest score, for every row, by the Viterbi algorithm:
 *
 *     δ_1 = start + e_1      δ_t(j) = e_t(j) + max_i (δ_{t−1}(i) + T(i, j))      then back from argmax_j (δ_n(j) + end(j))
 *
 * Of equal paths the one with the lower tags at the end. The scores are read once, asynchronously, and the search is plain
 * float64: K² per place. `-Infinity` in `transitions` forbids.
 *
 * Viterbi 1967; in a tagger: Lample et al. 2016, https://arxiv.org/abs/1603.01360
 *
 * @param emissions `[batch, length, tags]`.
 * @returns One path per row; an empty one for length 0.
 * @throws HeedError `SHAPE`, `DTYPE`, `OPTION`; `VALUE` for NaN within a length, of which no path is the best, and for lengths
 *   beyond a row.
 */
export async function viterbiDecode(emissions: tf.Tensor3D, options: CrfOptions): Promise<TagPath[]> {
	const where = "viterbiDecode";
	checkOptions(where, options, ["transitions", "start", "end", "lengths"]);
	const { transitions, lengths } = options;
	checkCrf(where, emissions, options, lengths);
	const [batch, length, tags] = emissions.shape;
	const read = async (tensor: tf.Tensor | undefined, size: number): Promise<Float64Array> =>
		tensor === undefined ? new Float64Array(size) : Float64Array.from(await tensor.data());
	const [all, moves, start, end, counts] = await Promise.all([
		read(emissions, 0),
		read(transitions, 0),
		read(options.start, tags),
		read(options.end, tags),
		lengths?.data<"int32">(),
	]);
	const beyond = counts?.findIndex((count) => count < 0 || count > length) ?? -1;
	if (beyond >= 0) {
		const message = `lengths[${beyond}] is ${counts?.[beyond]}; expected 0 to ${length}, by the places of emissions.`;
		throw new HeedError("VALUE", where, message);
	}
	refuseNaN(where, "transitions", moves, [tags, tags]);
	refuseNaN(where, "start", start, [tags]);
	refuseNaN(where, "end", end, [tags]);
	refuseNaN(where, "emissions", all, [batch, length, tags], ([row = 0, place = 0]) => {
		return place < (counts?.[row] ?? length);
	});
	return Array.from({ length: batch }, (_, row) => {
		const count = counts?.[row] ?? length;
		const from = row * length * tags;
		return bestPath({ tags, transitions: moves, start, end }, all.subarray(from, from + count * tags));
	});
}

/** Names the first NaN of row-major values, of the places that count. */
function refuseNaN(
	where: string,
	name: string,
	values: Float64Array,
	shape: readonly number[],
	isCounted: (place: readonly number[]) => boolean = () => true,
): void {
	const placeOf = (at: number): number[] =>
		shape.map((size, axis) => {
			const below = shape.slice(axis + 1).reduce((product, inner) => product * inner, 1);
			return Math.floor(at / below) % size;
		});
	const at = values.findIndex((value, i) => Number.isNaN(value) && isCounted(placeOf(i)));
	if (at < 0) return;
	const place = placeOf(at);
	const message = `${name}[${place.join(", ")}] is NaN. Look for NaN in the weights or the input of the model.`;
	throw new HeedError("VALUE", where, message);
}

/** The best path through `[T, K]` emissions. */
function bestPath({ tags, transitions, start, end }: ChainScores, emissions: Float64Array): TagPath {
	const count = tags === 0 ? 0 : emissions.length / tags;
	if (count === 0) return { tags: new Int32Array(0), score: 0 };
	const from = new Int32Array(emissions.length); // the best tag before each
	let best = start.map((score, j) => score + (emissions[j] as number));
	for (let here = tags; here < emissions.length; here += tags) {
		const previous = best;
		best = new Float64Array(tags).fill(-Infinity);
		for (let i = 0; i < tags; i++) {
			for (let j = 0; j < tags; j++) {
				const score = (previous[i] as number) + (transitions[i * tags + j] as number);
				if (score <= (best[j] as number)) continue;
				best[j] = score;
				from[here + j] = i;
			}
		}
		for (let j = 0; j < tags; j++) best[j] = (best[j] as number) + (emissions[here + j] as number);
	}
	const ends = best.map((score, j) => score + (end[j] as number));
	const score = ends.reduce((most, value) => Math.max(most, value));
	const path = new Int32Array(count);
	path[count - 1] = Math.max(0, ends.indexOf(score)); // infinities of both signs make a NaN, which is found nowhere
	for (let t = count - 1; t > 0; t--) path[t - 1] = from[t * tags + (path[t] as number)] as number;
	return { tags: path, score };
}
