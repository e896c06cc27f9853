import type { Contender } from "../contenders/contender.ts";
import type { Workload } from "../workloads/workload.ts";
import type { Expectations } from "./expectations.ts";
import { type Lane, type OpenedLane, openLane, profileLane, sampleLane } from "./lane.ts";
import { type Effort, planRounds } from "./plan-rounds.ts";
import type { Row } from "./row.ts";
import { spreadOf } from "./statistics.ts";

/** What {@link measureBlock} needs besides the work. */
export interface BlockOptions {
	readonly effort: Effort;
	readonly expectations: Expectations;
	/** Stops between two runs. */
	readonly signal: AbortSignal;
	/** Look where the time goes, too. */
	readonly profile?: boolean;
	/** Is told what goes on. */
	readonly onStep?: (what: string) => void;
}

/** A contender on a workload, and how far it came. */
interface Entry {
	readonly contender: Contender;
	readonly workload: Workload;
	readonly opened: OpenedLane;
}

/**
 * Measures some workloads with all contenders in turns. When it is stopped it returns what it has: rows for those that
 * were measured, or found out about, so far.
 *
 * @param contenders Heed first.
 */
export async function measureBlock(
	workloads: readonly Workload[],
	contenders: readonly Contender[],
	options: BlockOptions,
): Promise<Row[]> {
	const entries: Entry[] = [];
	const lanes = (): Lane[] => entries.flatMap(({ opened }) => ("benchCase" in opened ? [opened] : []));
	try {
		for (const workload of workloads) await openAll(workload, contenders, entries, options);
		if (!options.signal.aborted) await runRounds(lanes(), options);
		if (options.profile === true) await profileAll(lanes(), options);
	} finally {
		for (const lane of lanes()) {
			await lane.contender.enter(lane.workload);
			await lane.benchCase.dispose();
		}
	}
	return entries.flatMap((entry) => rowOf(entry, lanes()));
}

async function openAll(
	workload: Workload,
	contenders: readonly Contender[],
	entries: Entry[],
	{ expectations, signal, onStep }: BlockOptions,
): Promise<void> {
	let reference: Lane | undefined;
	for (const contender of contenders.filter((candidate) => candidate.takesPart(workload))) {
		await turn();
		if (signal.aborted) return;
		onStep?.(`${contender.label(workload)}: ${workload.id}, comparing`);
		const reason =
			contender.id !== "heed" && reference === undefined
				? "heed has no result to compare with"
				: expectations.reasonToSkip(contender, workload);
		const opened: OpenedLane =
			reason !== undefined ? { skipped: reason } : await openLane(contender, workload, reference?.results);
		if ("benchCase" in opened) {
			expectations.learn(contender, workload, opened.estimate);
			if (contender.id === "heed") reference = opened;
		}
		entries.push({ contender, workload, opened });
	}
}

async function runRounds(lanes: readonly Lane[], { effort, signal, onStep }: BlockOptions): Promise<void> {
	// What is so long that once is enough has run once.
	for (const { estimate, samples } of lanes) if (estimate > effort.longest) samples.push(estimate);
	const times = lanes.map(({ estimate }) => estimate);
	const rounds = planRounds(times, effort);
	for (let round = 0; round < rounds.count; round++) {
		for (const [index, lane] of lanes.entries()) {
			if (!rounds.takesPart(index, round)) continue;
			const { contender, workload } = lane;
			onStep?.(`${contender.label(workload)}: ${workload.id}, round ${round + 1} of ${rounds.count}`);
			await contender.enter(workload);
			await turn();
			if (signal.aborted) return;
			await sampleLane(lane);
		}
	}
}

async function profileAll(lanes: readonly Lane[], { signal, onStep }: BlockOptions): Promise<void> {
	for (const lane of lanes.filter(({ contender }) => contender.hasKernels)) {
		const { contender, workload } = lane;
		onStep?.(`${contender.label(workload)}: ${workload.id}, where the time goes`);
		await contender.enter(workload);
		await turn();
		if (signal.aborted) return;
		await profileLane(lane);
	}
}

function rowOf({ contender, workload, opened }: Entry, lanes: readonly Lane[]): Row[] {
	const { id, section, title, flops } = workload;
	const label = contender.label(workload);
	const subject = { workload: id, section, title, contender: contender.id, label };
	if (!("benchCase" in opened)) return [{ ...subject, ...opened }];
	const { samples, memory, profile } = opened;
	if (samples.length === 0) return []; // stopped before its turn
	const spread = spreadOf(samples);
	const heed = lanes.find((lane) => lane.contender.id === "heed" && lane.workload === workload);
	const ratio = heed && heed.samples.length > 0 ? spread.median / spreadOf(heed.samples).median : undefined;
	return [
		{
			...subject,
			...spread,
			samples,
			gflops: flops / spread.median / 1e6,
			memory,
			ratio,
			...(profile && { profile }),
		},
	];
}

/** Lets signals and timers have their turn: the work itself never waits. */
function turn(): Promise<void> {
	return new Promise((resolve) => setImmediate(resolve));
}
