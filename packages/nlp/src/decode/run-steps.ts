import { HeedError } from "@heed/core";
import * as tf from "@tensorflow/tfjs-core";
import type { StepDecoder, StepResult } from "./step-decoder.ts";
import { checkRuleIds, type ResolvedTokenRules } from "./token-rules.ts";

/** What one step gives to a search, in plain arrays. */
export interface StepValues {
	/** Row-major `[rows, classes]`. */
	readonly logProbs: Float32Array;
	readonly classes: number;
	/** Row-major `[rows, source]`. */
	readonly alignment: Float32Array | undefined;
	/** Length of a row of the alignment. */
	readonly source: number;
}

/** A row of what the step gave: log-probabilities, which may be written to, and where the model looked. */
export function rowOf(
	{ logProbs, classes, alignment, source }: StepValues,
	row: number,
): { logProbs: Float32Array; alignment: Float32Array | undefined } {
	return {
		logProbs: logProbs.slice(row * classes, (row + 1) * classes),
		alignment: alignment?.slice(row * source, (row + 1) * source),
	};
}

/** What a search decides after a step: the next token of every row and the row that it goes on from. */
export interface StepChoice {
	readonly tokens: Int32Array;
	/** Without it every row goes on from itself. */
	readonly parents?: Int32Array;
}

/**
 * Drives a {@link StepDecoder}: `choose` sees the numbers of each step and says how to go on, or `undefined` to stop.
 * Reads from the device asynchronously, so it works on every backend, and leaves no tensor behind, also when it throws.
 *
 * @param rules Their BOS starts every row, unless the model knows better; their ids are checked as soon as the number of classes is known.
 */
export async function runSteps<Source, State>(
	model: StepDecoder<Source, State>,
	source: Source,
	beams: number,
	rules: ResolvedTokenRules,
	choose: (values: StepValues, step: number) => StepChoice | undefined,
): Promise<void> {
	checkRuleIds(rules, model.classes);
	let tokens = firstTokens(model, source, beams, rules);
	let state = model.start(source, beams, rules.longest);
	try {
		for (let step = 0; ; step++) {
			const result = withIds(tokens, (ids) => model.step(ids, state));
			disposeReplaced(state, result.state);
			state = result.state;
			const values = await readStep(result);
			if (step === 0) checkRuleIds(rules, values.classes);
			const choice = choose(values, step);
			if (choice === undefined) return;
			tokens = choice.tokens;
			if (choice.parents === undefined) continue;
			const reordered = withIds(choice.parents, (parents) => model.reorder(state, parents));
			disposeReplaced(state, reordered);
			state = reordered;
		}
	} finally {
		tf.dispose(state as tf.TensorContainer);
	}
}

/** What every row starts with: the BOS, or what the model says. */
function firstTokens<Source, State>(
	model: StepDecoder<Source, State>,
	source: Source,
	beams: number,
	{ where, bos }: ResolvedTokenRules,
): Int32Array {
	const batch = model.batchSize(source);
	const own = model.firstTokens?.(source);
	if (own !== undefined && own.length !== batch) {
		const message = `\`model.firstTokens\` gave ${own.length} tokens for ${batch} sources; expected one for each.`;
		throw new HeedError("SHAPE", where, message);
	}
	return Int32Array.from({ length: batch * beams }, (_, row) => own?.[Math.floor(row / beams)] ?? bos);
}

/** Gives ids to the model as a tensor, and frees it whatever happens. */
function withIds<Result>(values: Int32Array, use: (ids: tf.Tensor1D) => Result): Result {
	const ids = tf.tensor1d(values, "int32");
	try {
		return use(ids);
	} finally {
		ids.dispose();
	}
}

/** Fetches the numbers of a step, and frees their tensors but those that the state holds too. */
async function readStep<State>({ logProbs, alignment, state }: StepResult<State>): Promise<StepValues> {
	try {
		return {
			logProbs: Float32Array.from(await logProbs.data()),
			classes: logProbs.shape[1],
			alignment: alignment && Float32Array.from(await alignment.data()),
			source: alignment?.shape[1] ?? 0,
		};
	} finally {
		disposeReplaced([logProbs, alignment], state);
	}
}

/** Disposes what the next state does not share. */
function disposeReplaced(state: unknown, next: unknown): void {
	const kept = new Set(tensorsIn(next).map(({ id }) => id));
	tf.dispose(tensorsIn(state).filter(({ id }) => !kept.has(id)));
}

const tensorsIn = (state: unknown): tf.Tensor[] =>
	tf.tensor_util.getTensorsInContainer(state as tf.TensorContainer);
