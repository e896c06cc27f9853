import { topCandidates } from "./top-candidates.ts";

/** How the probabilities of a model are changed before a token is drawn. */
export interface Sharpness {
	readonly temperature: number;
	readonly topK: number | undefined;
	readonly topP: number | undefined;
	readonly minP: number | undefined;
}

/** A token that may be drawn, and how likely in proportion to the others. */
export interface DrawCandidate {
	readonly id: number;
	readonly weight: number;
}

/** The tokens that may be drawn, by id; none if nothing is possible. */
export function drawCandidates(
	logProbs: Float32Array,
	{ temperature, topK, topP, minP }: Sharpness,
): DrawCandidate[] {
	const highest = logProbs.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
	if (highest === Number.NEGATIVE_INFINITY) return [];
	const weightOf = (id: number): number => {
		const below = Number(logProbs[id]) - highest;
		return below === 0 ? 1 : Math.exp(below / temperature); // at temperature 0 the others have exp(-Infinity) = 0
	};
	const kept = temperature === 0 ? 1 : topK;
	const ids = kept === undefined ? [...logProbs.keys()] : topCandidates(Float64Array.from(logProbs), kept);
	let candidates = ids.map((id) => ({ id, weight: weightOf(id) })).filter(({ weight }) => weight > 0);
	if (topP !== undefined && topP < 1) candidates = nucleus(candidates, topP);
	if (minP !== undefined) candidates = candidates.filter(({ weight }) => weight >= minP);
	// By id, not by weight: noise in nearly equal weights, which differs by backend, must not change the order.
	return candidates.sort((a, b) => a.id - b.id);
}

/** The fewest of the likeliest that have at least the share `topP` together. */
function nucleus(candidates: readonly DrawCandidate[], topP: number): DrawCandidate[] {
	const total = candidates.reduce((sum, { weight }) => sum + weight, 0);
	// Nothing below this can be in: such a token and all after it have less than 1 − topP together. Spares sorting them.
	const least = ((1 - topP) / (candidates.length - 1)) * total;
	const sorted = candidates
		.filter(({ weight }) => weight === 1 || weight >= least) // the likeliest has weight 1
		.sort((a, b) => b.weight - a.weight); // stable: of equals the lower id stays first
	let before = 0;
	return sorted.filter(({ weight }) => {
		const isIn = before < topP * total;
		before += weight;
		return isIn;
	});
}
