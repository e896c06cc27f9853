import { readFileSync } from "node:fs";
import { sharedPath } from "./conformance.ts";

/** One of the small cases with printed numbers; `inputs` and `expected` hold plain or nested arrays. */
export interface LiteralCase {
	readonly name: string;
	readonly op: string;
	// biome-ignore lint/suspicious/noExplicitAny: every case has its own inputs
	readonly inputs: Record<string, any>;
	// biome-ignore lint/suspicious/noExplicitAny: and its own outputs
	readonly expected: Record<string, any>;
	readonly atol: number;
}

/** The literal cases whose name the pattern matches, or none when the data are absent. */
export function literalCases(pattern: RegExp): LiteralCase[] {
	const cases = nlpReference<LiteralCase[]>("literal_cases.json") ?? [];
	return cases.filter(({ name }) => pattern.test(name));
}

/** A file of `conformance/nlp`, parsed, or `undefined` when the data are absent. */
export function nlpReference<T>(file: string): T | undefined {
	const path = sharedPath("conformance", "nlp", file);
	return path === undefined ? undefined : (JSON.parse(readFileSync(path, "utf8")) as T);
}
