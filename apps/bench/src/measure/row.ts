import type { ContenderId, MemoryUse } from "../contenders/contender.ts";
import type { KernelTime } from "./profile-kernels.ts";

/** What is said of one contender on one workload. */
export type Row = RowSubject & (Measured | { readonly skipped: string } | { readonly failed: string });

/** Whom and what a row is about. */
export interface RowSubject {
	readonly workload: string;
	readonly section: string;
	readonly title: string;
	readonly contender: ContenderId;
	/** What the contender is called here: `stock + fill-ins`. */
	readonly label: string;
}

/** Milliseconds and bytes. */
export interface Measured {
	readonly median: number;
	readonly lower: number;
	readonly upper: number;
	readonly samples: readonly number[];
	readonly gflops: number;
	readonly memory?: MemoryUse | undefined;
	/** Where the time goes, if that was asked for. */
	readonly profile?: readonly KernelTime[] | undefined;
	/** Median over that of heed. */
	readonly ratio?: number | undefined;
}

/** A row that has numbers. */
export type MeasuredRow = RowSubject & Measured;

export function isMeasured(row: Row): row is MeasuredRow {
	return "median" in row;
}
