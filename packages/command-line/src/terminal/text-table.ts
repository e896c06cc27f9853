/**
 * Lines whose columns stand below each other, two spaces apart.
 *
 * @param align Where the columns behind the first stand. Default `left`.
 */
export function textTable(
	lines: readonly (readonly (string | number)[])[],
	{ align = "left" }: { readonly align?: "left" | "right" } = {},
): string {
	const texts = lines.map((line) => line.map(String));
	const count = Math.max(0, ...texts.map(({ length }) => length));
	const widths = Array.from({ length: count }, (_, i) =>
		Math.max(...texts.map((line) => line[i]?.length ?? 0)),
	);
	const padded = (cell: string, i: number): string =>
		align === "right" && i > 0 ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0);
	return texts.map((line) => line.map(padded).join("  ").trimEnd()).join("\n");
}
