import { mix } from "./mix.ts";

/**
 * The seed of one training step, for dropout and sampling: another one at every step and the same one after a resume. It
 * lies in 1 … 2^31 - 1, because the host takes a seed of 0 for none.
 */
export function stepSeed(seed: number, step: number): number {
	return mix(seed, step, 1) & 0x7fffffff || 1;
}
