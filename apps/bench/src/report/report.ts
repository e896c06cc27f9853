import type { ContenderId } from "../contenders/contender.ts";
import type { Row } from "../measure/row.ts";
import type { Machine } from "./machine.ts";
import type { Verdict } from "./targets.ts";

/** Everything that a run has found out: what `report.json` holds. */
export interface Report {
	readonly format: "heed.bench/1";
	/** When it began, ISO 8601. */
	readonly date: string;
	readonly minutes: number;
	readonly quick: boolean;
	readonly only?: readonly string[] | undefined;
	/** Stopped by the user: the rest is missing. */
	readonly interrupted: boolean;
	readonly machine: Machine;
	/** Versions by package. */
	readonly versions: Readonly<Record<string, string>>;
	/** Which build of Heed's kernels ran. */
	readonly build: string;
	/** Contenders that did not take part. */
	readonly absent: readonly { readonly id: ContenderId; readonly reason: string }[];
	readonly rows: readonly Row[];
	readonly targets: readonly Verdict[];
}
