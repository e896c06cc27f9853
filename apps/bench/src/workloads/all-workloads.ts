import { UserError } from "@heed/command-line";
import { attentionWorkloads, lengthWorkloads } from "./attention-workloads.ts";
import { convolutionWorkloads } from "./convolution-workloads.ts";
import { decodeWorkloads } from "./decode-workloads.ts";
import { matMulWorkloads } from "./mat-mul-workloads.ts";
import { recurrentWorkloads } from "./recurrent-workloads.ts";
import { transformerWorkloads } from "./transformer-workloads.ts";
import { translatorWorkloads } from "./translator-workloads.ts";
import type { Workload } from "./workload.ts";

/** Everything that is measured, in the order of the tables. Within a kind the small sizes come first. */
export const allWorkloads: readonly Workload[] = [
	...attentionWorkloads,
	...decodeWorkloads,
	...matMulWorkloads,
	...convolutionWorkloads,
	...recurrentWorkloads,
	...transformerWorkloads,
	...translatorWorkloads,
	...lengthWorkloads,
];

/** What {@link selectWorkloads} goes by. */
export interface Selection {
	/** Those of the short run alone. */
	readonly quick?: boolean | undefined;
	/** Those whose id contains one of these texts. */
	readonly only?: readonly string[] | undefined;
}

/**
 * The workloads that are wanted.
 *
 * @throws UserError for a text that is in no id.
 */
export function selectWorkloads(
	workloads: readonly Workload[],
	{ quick = false, only }: Selection,
): readonly Workload[] {
	const offered = quick ? workloads.filter((workload) => workload.quick) : workloads;
	if (only === undefined) return offered;
	const has =
		(text: string) =>
		({ id }: Workload) =>
			id.includes(text.toLowerCase());
	for (const text of only) {
		if (offered.some(has(text))) continue;
		const kinds = [...new Set(offered.map(({ id }) => id.split("/")[0]))].join(", ");
		const elsewhere = quick && workloads.some(has(text)) ? " of the quick ones" : "";
		throw new UserError(`--only ${text}: no workload${elsewhere} has this in its name. There are: ${kinds}.`);
	}
	return offered.filter((workload) => only.some((text) => has(text)(workload)));
}

/** Workloads that are measured in turns, in the order of the first of each. */
export function inBlocks(workloads: readonly Workload[]): readonly (readonly Workload[])[] {
	const blocks = new Map<string, Workload[]>();
	for (const workload of workloads) {
		const key = workload.together ?? workload.id;
		blocks.set(key, [...(blocks.get(key) ?? []), workload]);
	}
	return [...blocks.values()];
}
