import type { Finished } from "@heed/command-line";
import type { ScoreRow } from "./judge.ts";
import type { ComparedName, Settings } from "./settings.ts";

/** A finished training of a comparison. */
export interface Compared extends Finished<Settings> {
	readonly name: ComparedName;
	readonly rows: readonly ScoreRow[];
}
