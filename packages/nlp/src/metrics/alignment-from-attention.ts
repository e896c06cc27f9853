import { checkNumber, checkOptions, HeedError } from "@heed/core";
import type { AlignmentLink } from "./read-alignments.ts";

/** What {@link alignmentFromAttention} accepts. */
export interface AlignmentFromAttentionOptions {
	/** Only this many target tokens, the first: one less than there are leaves the EOS out. Default: all. */
	readonly targetLength?: number | undefined;
	/** Only this many source positions, the first: leaves padding out, and an EOS. Default: all. */
	readonly sourceLength?: number | undefined;
}

/**
 * One link for each target token: to the source position with the largest weight, of equal ones the first. A token that
 * looks nowhere (weights of 0 or NaN) gets none. The links of each sentence are what `alignmentErrorRate` counts.
 *
 * Luong et al., "Effective Approaches to Attention-based Neural Machine Translation", 2015, section 5.4,
 * https://arxiv.org/abs/1508.04025. There the model is made to write the reference; a translation of its own has other
 * words than the gold alignment.
 *
 * @param weights Row-major, for instance the `alignment` of a hypothesis.
 * @param shape `[target tokens, source positions]`.
 * @throws HeedError `SHAPE` if the shape does not have as many elements; `OPTION`.
 */
export function alignmentFromAttention(
	weights: ArrayLike<number>,
	shape: readonly [target: number, source: number],
	options: AlignmentFromAttentionOptions = {},
): AlignmentLink[] {
	const where = "alignmentFromAttention";
	checkOptions(where, options, ["targetLength", "sourceLength"]);
	if (typeof weights?.length !== "number") {
		const message = `\`weights\` is ${String(weights)}; expected an array of numbers, row by row.`;
		throw new HeedError("OPTION", where, message);
	}
	if (!Array.isArray(shape) || shape.length !== 2) {
		const message = `\`shape\` is ${JSON.stringify(shape)}; expected [target tokens, source positions].`;
		throw new HeedError("OPTION", where, message);
	}
	const [target, source] = shape;
	if (weights.length !== target * source) {
		const message = `${weights.length} weights came for the shape [target ${target}, source ${source}]; expected ${target * source}.`;
		throw new HeedError("SHAPE", where, message);
	}
	const { targetLength = target, sourceLength = source } = options;
	checkNumber(where, "targetLength", targetLength, { integer: true, min: 0, max: target });
	checkNumber(where, "sourceLength", sourceLength, { integer: true, min: 0, max: source });
	const links: AlignmentLink[] = [];
	for (let t = 0; t < targetLength; t++) {
		let [best, highest] = [-1, 0];
		for (let s = 0; s < sourceLength; s++) {
			const weight = Number(weights[t * source + s]);
			if (weight > highest) [best, highest] = [s, weight];
		}
		if (best >= 0) links.push([best, t]);
	}
	return links;
}
