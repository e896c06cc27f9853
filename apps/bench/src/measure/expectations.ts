import type { Contender } from "../contenders/contender.ts";
import type { Workload } from "../workloads/workload.ts";
import { tooLong } from "./lane.ts";

/** The most memory that a peer may need beside its operands. */
const mostBytes = 1.5e9;

/** Tells beforehand what would take too long or too much memory, from what was seen of a contender before. */
export class Expectations {
	/** Milliseconds per operation, by contender and kind of workload. */
	readonly #paces = new Map<string, number>();

	/** Remembers how long a run took. */
	learn(contender: Contender, workload: Workload, milliseconds: number): void {
		this.#paces.set(key(contender, workload), milliseconds / workload.flops);
	}

	/** Why a workload should not even be tried. */
	reasonToSkip(contender: Contender, workload: Workload): string | undefined {
		const bytes = contender.composes ? (workload.composedBytes ?? 0) : 0;
		if (bytes > mostBytes) {
			return `would need about ${(bytes / 1e9).toPrecision(2)} GB, more than the limit of ${mostBytes / 1e9} GB`;
		}
		const pace = this.#paces.get(key(contender, workload)) ?? contender.pace;
		const milliseconds = pace === undefined ? 0 : pace * workload.flops;
		if (milliseconds <= contender.longestRun) return undefined;
		return tooLong(milliseconds, contender.longestRun, "would take");
	}
}

/** Workloads of a kind differ in size alone. */
function key(contender: Contender, workload: Workload): string {
	return `${contender.id} ${workload.id.split("/")[0]}`;
}
