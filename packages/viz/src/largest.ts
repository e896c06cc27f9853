/** The largest of any number of numbers, where `Math.max(...numbers)` overflows the stack; `least` when there are none. */
export function largest(numbers: readonly number[], least: number = 0): number {
	let most = least;
	for (const number of numbers) if (number > most) most = number;
	return most;
}
