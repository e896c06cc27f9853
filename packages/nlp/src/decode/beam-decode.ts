import { checkFlag, checkNumber, checkOptions } from "@heed/core";
import { type Hypothesis, type Path, toHypothesis } from "./hypothesis.ts";
import { bestReachable, checkLengthPenalty, type LengthPenalty, penaltyFor } from "./length-penalty.ts";
import { runSteps, type StepValues } from "./run-steps.ts";
import type { StepDecoder } from "./step-decoder.ts";
import { applyTokenRules, resolveTokenRules, type TokenRules, tokenRuleNames } from "./token-rules.ts";
import { topCandidates } from "./top-candidates.ts";

/** What {@link beamDecode} accepts. */
export interface BeamDecodeOptions extends TokenRules {
	/** How many hypotheses of a source go on at every step. */
	readonly beamSize: number;
	/** How many to return per source, at most `beamSize`. Default 1. */
	readonly nBest?: number | undefined;
	/** Default `{ type: 'gnmt', alpha: 0.6 }`. */
	readonly lengthPenalty?: LengthPenalty | undefined;
	/** Stop a source as soon as `beamSize` hypotheses are finished, though a better one may still come. Default false. */
	readonly earlyStopping?: boolean | undefined;
}

interface Search {
	/** The hypotheses that go on, best first. */
	live: Path[];
	/** The best finished ones, best first. */
	finished: { readonly path: Path; readonly score: number }[];
	done: boolean;
}

/**
 * Beam search: at every step the best `beamSize` unfinished hypotheses of each source go on.
 *
 * - Of the `2 · beamSize` best continuations, those that end within the first `beamSize` are finished, and the best
 *   `beamSize` others go on: finished hypotheses never starve live ones.
 * - Finished hypotheses compete by `logProb / penalty(length)`. A source is done when `beamSize` are finished and no live
 *   one can still beat the worst of them.
 * - Ties go to the better parent, then to the lower id, on every backend. A source's result does not depend on the
 *   others in its batch.
 *
 * @param model For instance a `Seq2Seq`.
 * @param source What the model starts from, for instance `{ source, sourceLengths }`.
 * @returns For each source its best hypotheses, best first: `nBest`, or fewer where there are no more, but at least one.
 * @throws HeedError `OPTION`; `VALUE` if the model gives nothing but NaN.
 */
export async function beamDecode<Source, State>(
	model: StepDecoder<Source, State>,
	source: Source,
	options: BeamDecodeOptions,
): Promise<Hypothesis[][]> {
	const where = "beamDecode";
	const own = ["beamSize", "nBest", "lengthPenalty", "earlyStopping"];
	checkOptions(where, options, [...tokenRuleNames, ...own]);
	const rules = resolveTokenRules(where, options);
	const { beamSize, nBest = 1, earlyStopping = false } = options;
	const lengthPenalty = options.lengthPenalty ?? { type: "gnmt", alpha: 0.6 };
	checkNumber(where, "beamSize", beamSize, { integer: true, min: 1 });
	checkNumber(where, "nBest", nBest, { integer: true, min: 1, max: beamSize });
	checkLengthPenalty(where, lengthPenalty);
	checkFlag(where, "earlyStopping", earlyStopping);

	const searches = Array.from(
		{ length: model.batchSize(source) },
		(): Search => ({ live: [], finished: [], done: false }),
	);
	await runSteps(model, source, beamSize, rules, (values, step) => {
		const tokens = new Int32Array(searches.length * beamSize).fill(rules.eos);
		const parents = Int32Array.from(tokens, (_, row) => row);
		searches.forEach((search, index) => {
			if (search.done) return;
			const first = index * beamSize;
			const beams = advance(search, values, first, step);
			beams.forEach((beam, i) => {
				tokens[first + i] = (search.live[i] as Path).token;
				parents[first + i] = first + beam;
			});
		});
		return searches.every(({ done }) => done) ? undefined : { tokens, parents };
	});
	return searches.map(({ finished }) =>
		finished.slice(0, nBest).map(({ path, score }) => toHypothesis(path, score)),
	);

	/** One step of one source. Returns the beam that each new live hypothesis goes on from. */
	function advance(search: Search, values: StepValues, first: number, step: number): number[] {
		const { classes } = values;
		// At first all beams are alike, so only one of them counts.
		const starts: (Path | undefined)[] = step === 0 ? [undefined] : search.live;
		const totals = new Float64Array(starts.length * classes);
		starts.forEach((path, beam) => {
			const row = values.logProbs.slice((first + beam) * classes, (first + beam + 1) * classes);
			applyTokenRules(row, path, step, rules);
			row.forEach((value, id) => {
				totals[beam * classes + id] = (path?.logProb ?? 0) + value;
			});
		});
		const live: Path[] = [];
		const beams: number[] = [];
		topCandidates(totals, 2 * beamSize).forEach((flat, rank) => {
			const beam = Math.floor(flat / classes);
			const token = flat % classes;
			const row = first + beam;
			const path: Path = {
				token,
				logProb: totals[flat] as number,
				length: step + 1,
				alignment: values.alignment?.slice(row * values.source, (row + 1) * values.source),
				parent: starts[beam],
			};
			if (token !== rules.eos) {
				if (live.length === beamSize) return;
				live.push(path);
				beams.push(beam);
			} else if (rank < beamSize) {
				search.finished.push({ path, score: path.logProb / penaltyFor(lengthPenalty, path.length) });
			}
		});
		if (live.length + search.finished.length === 0) search.finished.push(cutOff(starts[0], values, first));
		search.finished.sort((a, b) => b.score - a.score); // stable: of equals the earlier stays first
		search.finished.length = Math.min(search.finished.length, beamSize);
		search.live = live;
		search.done = isDone(search, step);
		return search.done ? [] : beams;
	}

	/** The best hypothesis, ended by an EOS that the model holds impossible: there is nothing else. */
	function cutOff(parent: Path | undefined, values: StepValues, row: number): Search["finished"][number] {
		const logProb = Number.NEGATIVE_INFINITY;
		const alignment = values.alignment?.slice(row * values.source, (row + 1) * values.source);
		const path = { token: rules.eos, logProb, length: (parent?.length ?? 0) + 1, alignment, parent };
		return { path, score: logProb };
	}

	function isDone({ live, finished }: Search, step: number): boolean {
		const [best] = live;
		if (best === undefined) return true;
		if (finished.length < beamSize) return false;
		const reachable = bestReachable(lengthPenalty, best.logProb, step + 2, rules.maxLength + 1);
		return earlyStopping || reachable <= (finished[beamSize - 1]?.score as number);
	}
}
