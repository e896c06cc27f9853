import { addTo, coverageOf, coverageScore } from "./coverage-penalty.ts";
import { type Hypothesis, type Path, toHypothesis } from "./hypothesis.ts";
import { bestReachable, type LengthPenalty, penaltyFor } from "./length-penalty.ts";
import { rowOf, type StepValues } from "./run-steps.ts";
import { applyTokenRules, type ResolvedTokenRules } from "./token-rules.ts";
import { topCandidates } from "./top-candidates.ts";

/** What a {@link SourceBeam} goes by. */
export interface BeamRules {
	readonly rules: ResolvedTokenRules;
	readonly beamSize: number;
	readonly lengthPenalty: LengthPenalty;
	/** 0: no coverage penalty. */
	readonly beta: number;
	readonly earlyStopping: boolean;
}

interface Finished {
	/** Without one, nothing could be generated. */
	readonly path: Path | undefined;
	readonly coverage: Float64Array;
	readonly score: number;
}

/** The beam search of one source. */
export class SourceBeam {
	/** The hypotheses that go on, best first. */
	live: readonly Path[] = [];
	/** Whether nothing better can come. */
	done = false;
	/** The best finished ones, best first. */
	#finished: Finished[] = [];
	/** The weight that any hypothesis has given each position of the source. */
	#attended = new Float64Array(0);
	readonly #settings: BeamRules;

	constructor(settings: BeamRules) {
		this.#settings = settings;
	}

	/** The best finished hypotheses, at most `count`. */
	best(count: number): Hypothesis[] {
		return this.#finished.slice(0, count).map(({ path, score }) => toHypothesis(path, score));
	}

	/**
	 * One step.
	 *
	 * @param first The row of the source's first beam.
	 * @returns The beam that each new live hypothesis goes on from.
	 */
	advance(values: StepValues, first: number, step: number): number[] {
		const { rules, beamSize } = this.#settings;
		const { classes } = values;
		// At first all beams are alike, so only one of them counts.
		const starts: readonly (Path | undefined)[] = step === 0 ? [undefined] : this.live;
		const rows = starts.map((_, beam) => rowOf(values, first + beam));
		const totals = new Float64Array(starts.length * classes);
		rows.forEach(({ logProbs }, beam) => {
			applyTokenRules(logProbs, starts[beam], step, rules);
			logProbs.forEach((value, id) => {
				totals[beam * classes + id] = (starts[beam]?.logProb ?? 0) + value;
			});
		});
		const live: Path[] = [];
		const beams: number[] = [];
		const ended: (Path | undefined)[] = [];
		topCandidates(totals, 2 * beamSize).forEach((flat, rank) => {
			const beam = Math.floor(flat / classes);
			const token = flat % classes;
			const path = {
				token,
				logProb: totals[flat] as number,
				length: step + 1,
				alignment: rows[beam]?.alignment,
				parent: starts[beam],
			};
			if (rules.ends.includes(token)) {
				if (rank < beamSize) ended.push(path);
			} else if (live.length < beamSize) {
				live.push(path);
				beams.push(beam);
			}
		});
		if (step + 1 === rules.longest) ended.push(...live.splice(0)); // cut there, where no EOS is forced
		if (live.length + ended.length + this.#finished.length === 0) {
			ended.push(cutOff(starts[0], rules, rows[0]?.alignment));
		}
		this.#finish(
			ended,
			rows.map(({ alignment }) => alignment),
		);
		this.live = live;
		this.done = this.#isDone(step);
		return this.done ? [] : beams;
	}

	/** Ranks the hypotheses that have ended with those that had before. */
	#finish(ended: readonly (Path | undefined)[], alignments: readonly (Float32Array | undefined)[]): void {
		const { beta, beamSize } = this.#settings;
		const entries = [
			...this.#finished,
			...ended.map((path) => ({ path, coverage: beta > 0 ? coverageOf(path) : new Float64Array(0) })),
		];
		if (beta > 0) {
			if (this.#attended.length === 0) this.#attended = new Float64Array(alignments[0]?.length ?? 0);
			for (const alignment of alignments) addTo(this.#attended, alignment ?? []);
		}
		// All scores anew: which positions count may have changed. Of equals the earlier stays first.
		this.#finished = entries
			.map((entry) => ({ ...entry, score: this.#score(entry) }))
			.sort((a, b) => compareScores(b.score, a.score))
			.slice(0, beamSize);
	}

	#score({ path, coverage }: Omit<Finished, "score">): number {
		const { lengthPenalty, beta } = this.#settings;
		const penalised = path === undefined ? 0 : path.logProb / penaltyFor(lengthPenalty, path.length);
		return beta > 0 ? penalised + coverageScore(beta, coverage, this.#attended) : penalised;
	}

	#isDone(step: number): boolean {
		const { beamSize, lengthPenalty, rules, earlyStopping } = this.#settings;
		const [best] = this.live;
		if (best === undefined) return true;
		if (this.#finished.length < beamSize) return false;
		// The coverage penalty is at most 0, and a live hypothesis may still come to cover everything.
		const reachable = bestReachable(lengthPenalty, best.logProb, step + 2, rules.longest);
		return earlyStopping || reachable <= (this.#finished[beamSize - 1]?.score as number);
	}
}

/**
 * The best hypothesis where nothing is possible and nothing has ended: with an EOS that the model holds impossible, or
 * without an EOS as it is.
 */
function cutOff(
	parent: Path | undefined,
	{ ends }: ResolvedTokenRules,
	alignment: Float32Array | undefined,
): Path | undefined {
	const [token] = ends;
	if (token === undefined) return parent;
	const logProb = Number.NEGATIVE_INFINITY;
	return { token, logProb, length: (parent?.length ?? 0) + 1, alignment, parent };
}

/** The difference of two scores, 0 for two of -Infinity. */
const compareScores = (a: number, b: number): number => (a === b ? 0 : a - b);
