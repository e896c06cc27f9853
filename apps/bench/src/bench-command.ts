import { kernelBuild } from "@heed/backend-wasm";
import { InterruptedError, prepareFolder, print } from "@heed/command-line";
import { contenderIds } from "./contenders/contender.ts";
import { openContenders } from "./contenders/open-contenders.ts";
import type { LoadModule } from "./contenders/ort-module.ts";
import type { Patience } from "./contenders/tfjs-contenders.ts";
import { listenForInterrupt } from "./interrupt.ts";
import { Expectations } from "./measure/expectations.ts";
import { measureBlock } from "./measure/measure-block.ts";
import type { Effort } from "./measure/plan-rounds.ts";
import type { Row } from "./measure/row.ts";
import type { BenchOptions } from "./options.ts";
import { writeReport } from "./output-folder.ts";
import { showProgress } from "./progress.ts";
import { packageVersions, thisMachine } from "./report/machine.ts";
import type { Report } from "./report/report.ts";
import { judge } from "./report/targets.ts";
import { terminalReport } from "./report/terminal-report.ts";
import { allWorkloads, inBlocks, selectWorkloads } from "./workloads/all-workloads.ts";
import type { Workload } from "./workloads/workload.ts";
import { WrongResultError } from "./wrong-result-error.ts";

interface Thoroughness {
	readonly effort: Effort;
	readonly patience: Patience;
}

const thorough: Thoroughness = {
	effort: { budget: 1200, fewest: 3, longest: 12_000, most: 50 },
	patience: { cpu: 2000, other: 15_000 },
};
const quick: Thoroughness = {
	effort: { budget: 300, fewest: 3, longest: 2500, most: 25 },
	patience: { cpu: 400, other: 12_000 },
};

/** What tests replace. */
export interface BenchParts {
	readonly workloads?: readonly Workload[];
	readonly load?: LoadModule;
}

/** `bench`: measures, writes the report and prints it. Progress goes to stderr, results to stdout. */
export async function benchCommand(options: BenchOptions, parts: BenchParts = {}): Promise<void> {
	const workloads = selectWorkloads(parts.workloads ?? allWorkloads, options);
	if (options.list)
		return print(workloads.map(({ id, section, title }) => `${id}  ${section}, ${title}`).join("\n"));
	await prepareFolder({ path: options.out });
	const report = await measure(workloads, options, parts.load);
	const files = await writeReport(options.out, report);
	await print(
		options.json ? JSON.stringify(report) : `${terminalReport(report)}\n\nWritten: ${files.join(", ")}`,
	);
	if (report.interrupted) throw new InterruptedError(`interrupted. What was measured is in ${options.out}.`);
	const failed = report.rows.filter((row) => "failed" in row);
	if (failed.length === 0) return;
	const names = failed.map(({ label, workload }) => `${label} on ${workload}`).join(", ");
	throw new WrongResultError(`not timed, because something went wrong: ${names}. The tables say what.`);
}

async function measure(
	workloads: readonly Workload[],
	options: BenchOptions,
	load: LoadModule | undefined,
): Promise<Report> {
	const started = Date.now();
	const { effort, patience } = options.quick ? quick : thorough;
	const progress = showProgress();
	const interrupt = listenForInterrupt(progress.say);
	try {
		const wanted = options.contenders ?? contenderIds;
		const { present, absent, versions } = await openContenders({ wanted, patience, ...(load && { load }) });
		for (const { id, reason } of absent) progress.say(`${id} does not take part: ${reason}.`);
		const { signal } = interrupt;
		const expectations = new Expectations();
		const rows: Row[] = [];
		const blocks = inBlocks(workloads);
		for (const [index, block] of blocks.entries()) {
			if (signal.aborted) break;
			progress.block(index, blocks.length, block.map(({ id }) => id).join(", "));
			rows.push(
				...(await measureBlock(block, present, {
					effort,
					expectations,
					signal,
					profile: options.profile === true,
					onStep: progress.step,
				})),
			);
		}
		const order = workloads.map(({ id }) => id);
		rows.sort((a, b) => order.indexOf(a.workload) - order.indexOf(b.workload));
		return {
			format: "heed.bench/1",
			date: new Date(started).toISOString(),
			minutes: (Date.now() - started) / 60_000,
			quick: options.quick === true,
			only: options.only,
			interrupted: signal.aborted,
			machine: thisMachine(),
			versions: { ...packageVersions(), ...versions },
			build: kernelBuild(),
			absent,
			rows,
			targets: judge(rows),
		};
	} finally {
		progress.end();
		interrupt.end();
	}
}
