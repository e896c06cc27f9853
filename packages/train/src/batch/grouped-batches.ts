import { checkOptions, HeedError } from "@heed/core";
import type { BatchPlace, BatchSource } from "./batch-source.ts";
import { orderOfEpoch } from "./example-batches.ts";

/** The options of {@link groupedBatches}. */
export interface GroupedBatchesOptions<Group, Batch> {
	/** What each batch holds, for instance the numbers of sentences of about the same length. */
	readonly groups: readonly Group[];
	/** Makes the batch of a group. */
	readonly makeBatch: (group: Group) => Batch | Promise<Batch>;
	/** Another order of the groups in every epoch. Default true; false for validation. */
	readonly shuffle?: boolean;
	/** The number of examples in a group. Default: its `length`, or 1 when it has none. */
	readonly size?: (group: Group) => number;
}

/** Batches whose members are fixed, in another order in every epoch. */
export function groupedBatches<Group, Batch>(
	options: GroupedBatchesOptions<Group, Batch>,
): BatchSource<Batch> {
	checkOptions("groupedBatches", options, ["groups", "makeBatch", "shuffle", "size"]);
	const { groups, makeBatch, shuffle = true, size = lengthOf } = options;
	if (groups.length === 0) {
		throw new HeedError("OPTION", "groupedBatches", "`groups` is empty; expected one group per batch.");
	}
	const order = orderOfEpoch(groups.length, shuffle);
	const groupOf = (place: BatchPlace): Group => groups[order(place)[place.index] ?? 0] as Group;
	return {
		batches: groups.length,
		size: (place) => size(groupOf(place)),
		batch: (place) => makeBatch(groupOf(place)),
	};
}

function lengthOf(group: unknown): number {
	const { length } = Object(group) as { length?: unknown };
	return typeof length === "number" ? length : 1;
}
