/**
 * Name of a kernel that a backend may offer: one update of Adam in one pass. Inputs `variable`, `gradient`, `mean` and
 * `square` of one shape; outputs the new variable, mean and square:
 *
 *     mean ← β₁ mean + g      square ← β₂ square + g²      w ← keep · w - rate · mean / (√square + ε)
 *
 * Means below 1e-30 become 0: numbers under 1e-38 are many times slower to compute with. There is no composition behind it;
 * whoever runs it looks first whether the backend has it.
 */
export const ADAM_STEP = "HeedAdamStep";

/** The numbers of {@link ADAM_STEP}. */
export interface AdamStepAttributes {
	readonly beta1: number;
	readonly beta2: number;
	readonly rate: number;
	readonly epsilon: number;
	/** How much of a weight stays, less than 1 where it decays. */
	readonly keep: number;
}
