/** At most so many of a list, evenly chosen, since files are often sorted; 0 takes all. */
export function thin<T>(items: readonly T[], limit: number): readonly T[] {
	if (limit === 0 || limit >= items.length) return items;
	const before = (count: number): number => Math.ceil((count * limit) / items.length); // taken of the first ones
	return items.filter((_, i) => before(i + 1) > before(i));
}
