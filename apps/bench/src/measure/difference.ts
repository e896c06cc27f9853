import type { Results } from "../workloads/workload.ts";

/** Of the largest value; float32 sums in different orders agree to about a hundredth of it. */
const tolerance = 1e-4;

/**
 * How results differ from those that they should be, in words; nothing when they agree.
 *
 * A value may be off by a ten-thousandth of the largest one of its tensor, or of a hundredth of the largest one of all,
 * where a tensor is zero but for noise.
 */
export function difference(found: Results, expected: Results): string | undefined {
	if (found.length !== expected.length)
		return `${found.length} results came, ${expected.length} were expected`;
	const sizes = expected.map(largest);
	const floor = Math.max(0, ...sizes) / 100;
	for (const [index, wanted] of expected.entries()) {
		const came = found[index] ?? [];
		if (came.length !== wanted.length) {
			return `result ${index} has ${came.length} numbers, ${wanted.length} were expected`;
		}
		const allowed = tolerance * Math.max(sizes[index] ?? 0, floor);
		const [at, off] = worst(came, wanted);
		if (off <= allowed) continue;
		const [a, b] = [came[at], wanted[at]].map((value) => value?.toPrecision(6));
		return `result ${index} is ${a} at ${at} where heed has ${b}; ${allowed.toExponential(1)} is allowed`;
	}
	return undefined;
}

function largest(values: ArrayLike<number>): number {
	let most = 0;
	for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i] as number));
	return most;
}

/** The place where two arrays differ most, and by how much; a number that is none is infinitely far from any. */
function worst(a: ArrayLike<number>, b: ArrayLike<number>): [place: number, off: number] {
	let place = 0;
	let most = 0;
	for (let i = 0; i < a.length; i++) {
		const off = Math.abs((a[i] as number) - (b[i] as number));
		if (off <= most) continue; // also false for NaN
		[place, most] = [i, Number.isFinite(off) ? off : Number.POSITIVE_INFINITY];
		if (most === Number.POSITIVE_INFINITY) break;
	}
	return [place, most];
}
