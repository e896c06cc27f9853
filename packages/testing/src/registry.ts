import { expect } from "vitest";

/** An entry of a registry, as far as it is checked: a `Mechanism` of @heed/core. */
export interface RegistryEntry {
	readonly name: string;
	readonly package: string;
	readonly summary: string;
	readonly paper?: { readonly url: string };
	readonly backends: readonly string[];
}

/** What {@link expectWholeRegistry} compares. */
export interface RegistryOptions {
	/** The name of the package. */
	readonly from: `@heed/${string}`;
	/** The module of its public names. */
	readonly exports: object;
	readonly mechanisms: readonly RegistryEntry[];
	/** Exported classes and functions that are no mechanisms, by the reason. */
	readonly others: Record<string, readonly string[]>;
}

/**
 * Expects that a registry and the public names of its package agree: every entry is exported, every exported class and
 * function has an entry or a reason for having none, and each has only one. A layer and the function that makes it
 * (`SimAM`, `simAM`; `AffineGrid`, `affineGridLayer`) share an entry under either name.
 */
export function expectWholeRegistry({ from, exports, mechanisms, others }: RegistryOptions): void {
	const exported = Object.entries(exports)
		.filter(([, value]) => typeof value === "function")
		.map(([name]) => name);
	const listed = mechanisms.map(({ name }) => name);
	const excused = Object.values(others).flat();
	const known = [...listed, ...excused];
	const lower = listed.map((name) => name.toLowerCase());
	const isCovered = (name: string): boolean =>
		excused.includes(name) ||
		lower.includes(name.toLowerCase()) ||
		lower.includes(name.toLowerCase().replace(/layer$/, ""));
	expect(
		exported.filter((name) => !isCovered(name)),
		"exported, without an entry or a reason for having none",
	).toEqual([]);
	expect(
		known.filter((name) => !exported.includes(name)),
		"in the registry or excused, but not exported",
	).toEqual([]);
	expect(
		known.filter((name, i) => known.indexOf(name) !== i),
		"named twice",
	).toEqual([]);
	for (const { name, package: of, summary, paper, backends } of mechanisms) {
		expect(of, name).toBe(from);
		expect(summary, name).toMatch(/^\S.{8,140}$/);
		expect(backends, name).toEqual(expect.arrayContaining(["cpu", "wasm"]));
		if (paper !== undefined) expect(paper.url, name).toMatch(/^https:\/\//);
	}
}
