import { startWebGpu } from "@heed/backend-webgpu/node";
import { baseProgram, packageVersion, runProgram, say } from "@heed/command-line";
import { type GpuReport, printGpuReport } from "./gpu-report.ts";
import { cardSizes, measureGpu, smallSizes } from "./measure-gpu.ts";

/** The options of `gpu`. */
interface GpuOptions {
	readonly small?: boolean;
	readonly f16?: boolean;
	readonly json?: boolean;
}

/** What tests replace. */
export interface GpuParts {
	readonly start?: typeof startWebGpu;
	readonly measure?: typeof measureGpu;
}

/** What every program of the GPU bench ends with. */
export const exitCodes =
	"Exit codes: 0 done, 1 somebody computed something else, or heed or the browser failed, 2 bad input or nothing to measure on, 130 interrupted.";

/** The version of this app, for `--version`; also where {@link packBench} puts this module. */
export const version = (): string => packageVersion(new URL("..", import.meta.url).href);

/**
 * Runs `gpu`: measures on the adapter that Dawn finds. Progress goes to stderr, results to stdout.
 *
 * @param args What stands behind its name.
 * @returns The exit code.
 */
export function gpuCli(args: readonly string[], parts: GpuParts = {}): Promise<number> {
	const program = baseProgram(
		"gpu",
		"Measures attention on a graphics card: @heed/backend-webgpu against attention composed of TensorFlow.js' operations.",
		version(),
		exitCodes,
	)
		.option("--small", "small sizes; taken by themselves on an adapter that is a program")
		.option("--f16", "operands of heed's products as half floats")
		.option("--json", "print one object instead of a table")
		.allowExcessArguments(false)
		.action((options: GpuOptions) => gpuCommand(options, parts));
	return runProgram(program, args);
}

async function gpuCommand(
	{ small = false, f16 = false, json = false }: GpuOptions,
	{ start = startWebGpu, measure = measureGpu }: GpuParts,
): Promise<void> {
	const date = new Date().toISOString();
	const precision = f16 ? "f16" : "f32";
	// Else times come in steps of 100 µs.
	const found = await start({ precision, flags: ["disable-dawn-features=timestamp_quantization"] });
	const adapter = `${found.vendor} ${found.description}`.trim();
	say(adapter);
	const sizes = small || found.software ? smallSizes : cardSizes;
	const measured = await measure({ sizes, precision, tell: say });
	const { software } = found;
	const report: GpuReport = {
		date,
		adapter,
		software,
		precision,
		host: `Node ${process.version}`,
		...measured,
	};
	await printGpuReport(report, { json });
}
