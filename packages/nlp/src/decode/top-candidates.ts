/**
 * The indices of the `count` highest finite values, highest first; of equal ones the lower index first. Values of
 * -Infinity are no candidates.
 */
export function topCandidates(values: Float64Array, count: number): number[] {
	const top: number[] = [];
	const at = (index: number): number => values[index] as number;
	for (let index = 0; index < values.length; index++) {
		const value = at(index);
		if (value === Number.NEGATIVE_INFINITY) continue;
		if (top.length === count && value <= at(top[count - 1] as number)) continue;
		// Later equals go behind, so the lower index wins.
		let place = top.length;
		while (place > 0 && at(top[place - 1] as number) < value) place--;
		top.splice(place, 0, index);
		if (top.length > count) top.pop();
	}
	return top;
}
