import { print } from "@heed/command-line";
import { WrongResultError } from "../wrong-result-error.ts";
import { anotherResult } from "./gpu-lane.ts";
import { gpuTable } from "./gpu-table.ts";
import type { TensorContender } from "./gpu-workloads.ts";
import type { GpuMeasurement } from "./measure-gpu.ts";

/** What it was measured on. */
export interface GpuConditions {
	/** When it began, as ISO 8601 writes it. */
	readonly date: string;
	/** What the adapter calls itself. */
	readonly adapter: string;
	/** The adapter is a program: figures mean little. */
	readonly software: boolean;
	/** Of the operands of products. */
	readonly precision: "f32" | "f16";
	/** What runs the program: Node or a browser, with its version. */
	readonly host: string;
	/** The version of onnxruntime-web, where that takes part. */
	readonly onnxruntime?: string;
}

/** Everything there is to tell: what `--json` prints. */
export type GpuReport = GpuConditions & GpuMeasurement;

/**
 * Prints a report to stdout, as a table or as JSON.
 *
 * @throws WrongResultError When it is out, if somebody computed something else, or heed failed. That another one fails, for
 * instance because it finds no memory, is a result.
 */
export async function printGpuReport(report: GpuReport, { json = false }: { json?: boolean }): Promise<void> {
	await print(json ? JSON.stringify(report) : gpuTable(report).join("\n"));
	const heed: TensorContender = "heed";
	const wrong = report.rows.filter(
		({ contender, failed }) => failed === anotherResult || (failed !== undefined && contender === heed),
	);
	if (wrong.length === 0) return;
	const names = wrong
		.map(({ contender, task, size }) => `${contender} on ${task} ${size.join(" ")}`)
		.join(", ");
	throw new WrongResultError(`not timed, because something went wrong: ${names}. The results say what.`);
}
