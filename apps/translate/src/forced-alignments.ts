import { type EncodedPair, Vocabulary } from "@heed/nlp";
import * as tf from "@tensorflow/tfjs-core";
import type { Translator } from "./build-model.ts";
import { disposeBatch, pairBatch, type TrainingPair } from "./pair-batches.ts";

/** Where a model looked, row-major: a row for each target id but `bos`, a column for each id of the padded source. */
export interface ForcedAlignment {
	readonly weights: Float32Array;
	readonly shape: readonly [target: number, source: number];
}

const pairsPerBatch = 64;

/**
 * Where a model looks while the true target is fed, in the order of the pairs: what it would write itself does not
 * matter. It is asked step by step, as when it translates, so that a step says of every model what a translation says.
 */
export function forcedAlignments(model: Translator, pairs: readonly TrainingPair[]): ForcedAlignment[] {
	const order = [...pairs.keys()].sort((a, b) => lengthOf(pairs[a]) - lengthOf(pairs[b]));
	const alignments: ForcedAlignment[] = [];
	for (let start = 0; start < order.length; start += pairsPerBatch) {
		const chosen = order.slice(start, start + pairsPerBatch);
		const rows = forceBatch(model, pairs, chosen);
		chosen.forEach((index, row) => {
			alignments[index] = rows[row] as ForcedAlignment;
		});
	}
	return alignments;
}

function forceBatch(
	model: Translator,
	pairs: readonly TrainingPair[],
	chosen: readonly number[],
): ForcedAlignment[] {
	const batch = pairBatch(pairs, chosen);
	try {
		const targets = chosen.map((index) => pairs[index]?.target ?? []);
		const steps = Math.max(...targets.map(({ length }) => length)) - 1;
		const width = batch.source.shape[1];
		const each = tf.tidy(() => {
			let state = model.start(batch, 1, steps);
			return Array.from({ length: steps }, (_, t) => {
				const tokens = targets.map((target) => target[t] ?? Vocabulary.pad);
				const step = model.step(tf.tensor1d(tokens, "int32"), state);
				state = step.state;
				if (step.alignment === undefined) throw new Error("The model does not say where it looks.");
				return step.alignment.dataSync<"float32">().slice(); // [B · S]; a backend may lend its own memory
			});
		});
		return targets.map(({ length }, row) => {
			const weights = new Float32Array((length - 1) * width);
			for (let t = 0; t < length - 1; t++) {
				weights.set(each[t]?.subarray(row * width, (row + 1) * width) ?? [], t * width);
			}
			return { weights, shape: [length - 1, width] };
		});
	} finally {
		disposeBatch(batch);
	}
}

function lengthOf(pair: EncodedPair | undefined): number {
	return pair === undefined ? 0 : pair.source.length + pair.target.length;
}
