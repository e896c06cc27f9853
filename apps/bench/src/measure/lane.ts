import * as tf from "@tensorflow/tfjs-core";
import type { Contender, MemoryUse } from "../contenders/contender.ts";
import { firstLine } from "../contenders/ort-module.ts";
import type { BenchCase, Results, Workload } from "../workloads/workload.ts";
import { difference } from "./difference.ts";
import { type KernelTime, profileKernels } from "./profile-kernels.ts";

/** A contender with a workload that is ready, agrees with heed and has run once. */
export interface Lane {
	readonly contender: Contender;
	readonly workload: Workload;
	readonly benchCase: BenchCase;
	/** About how long a run takes, from one that warmed up. */
	readonly estimate: number;
	readonly memory: MemoryUse | undefined;
	readonly results: Results;
	readonly samples: number[];
	profile?: readonly KernelTime[];
}

/** A lane, or why there is none: it was not tried, or it went wrong. */
export type OpenedLane = Lane | { readonly skipped: string } | { readonly failed: string };

/**
 * Makes a workload ready, compares its results, and looks at memory and time of a first run.
 *
 * @param reference Heed's results; absent for heed itself.
 */
export async function openLane(
	contender: Contender,
	workload: Workload,
	reference: Results | undefined,
): Promise<OpenedLane> {
	let benchCase: BenchCase | undefined;
	const watch = contender.watchMemory;
	await contender.enter(workload);
	const memoryWatch = watch?.();
	const close = async (): Promise<void> => benchCase?.dispose();
	try {
		benchCase = await contender.build(workload);
		const built = benchCase;
		const results = await built.results();
		const wrong = reference && difference(results, reference);
		if (wrong !== undefined) {
			await close();
			return { failed: `computes something else: ${wrong}` };
		}
		built.prepare?.();
		const timed = (): Promise<TimedRun> => timeRun(built);
		const watched = await memoryWatch?.during(timed);
		const { result: run, use } = watched ?? { result: await timed(), use: undefined };
		tf.dispose(run.output);
		if (run.milliseconds > contender.longestRun) {
			await close();
			return { skipped: tooLong(run.milliseconds, contender.longestRun, "took") };
		}
		const estimate = await warmUp(built, run.milliseconds);
		return { contender, workload, benchCase, estimate, memory: use, results, samples: [] };
	} catch (error) {
		await close();
		const message = firstLine(error instanceof Error ? error.message : String(error));
		// What heed cannot do is a failure of this bench; what a peer cannot do is a fact about it.
		return reference === undefined ? { failed: message } : { skipped: `cannot do it: ${message}` };
	} finally {
		memoryWatch?.end();
	}
}

/** One more run of a lane, which is in charge. */
export async function sampleLane({ benchCase, samples }: Lane): Promise<void> {
	samples.push(await runOnce(benchCase));
}

/** Looks where the time of a lane goes, which is in charge. */
export async function profileLane(lane: Lane): Promise<void> {
	const times = Math.max(1, Math.min(5, Math.round(1000 / lane.estimate)));
	lane.profile = await profileKernels(() => runOnce(lane.benchCase), times);
}

/** Runs what is short once more, for the engine to compile it well. */
async function warmUp(benchCase: BenchCase, firstRun: number): Promise<number> {
	return firstRun > 250 ? firstRun : Math.min(firstRun, await runOnce(benchCase));
}

async function runOnce(benchCase: BenchCase): Promise<number> {
	benchCase.prepare?.();
	const { milliseconds, output } = await timeRun(benchCase);
	tf.dispose(output);
	return milliseconds;
}

/** Says that a run is too long to be repeated. */
export function tooLong(milliseconds: number, limit: number, verb: "took" | "would take"): string {
	const seconds = (value: number): string => `${Number((value / 1000).toPrecision(2))} s`;
	return `one run ${verb} about ${seconds(milliseconds)}, more than the limit of ${seconds(limit)}`;
}

interface TimedRun {
	readonly milliseconds: number;
	readonly output: tf.TensorContainer;
}

async function timeRun(benchCase: BenchCase): Promise<TimedRun> {
	const started = performance.now();
	const running = benchCase.run();
	const output = running instanceof Promise ? await running : running; // waiting for what is there takes time too
	return { milliseconds: performance.now() - started, output };
}
