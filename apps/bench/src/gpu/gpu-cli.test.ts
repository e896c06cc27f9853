import { useTerminal } from "@heed/command-line/testing";
import { HeedError } from "@heed/core";
import { describe, expect, it } from "vitest";
import { gpuCli } from "./gpu-cli.ts";
import { cardSizes, type GpuMeasurement, type GpuRow, type GpuRun, smallSizes } from "./measure-gpu.ts";

const row = (contender: string, outcome: Partial<GpuRow>, task: GpuRow["task"] = "forward"): GpuRow => ({
	...{ task, size: [1, 2, 2, 3, 5, 7], contender, ...outcome },
});
const timed = { milliseconds: 2, teraflops: 0.5, share: 0.25 };
const good = [row("heed", timed), row("composed", { failed: "no memory" })];

let runs: GpuRun[] = [];
/** The program on a pretended adapter. */
const gpu = (args: readonly string[], rows: readonly GpuRow[] = good, software = false): Promise<number> =>
	gpuCli(args, {
		start: async () => ({ vendor: "acme", description: "One", software }),
		async measure(run): Promise<GpuMeasurement> {
			runs.push(run);
			run.tell("on its way");
			return { exact: true, peak: { teraflops: 2, gigabytes: 100 }, rows };
		},
	});
const terminal = useTerminal("gpu", (args) => gpu(args));

describe("gpu", () => {
	it("prints a table, and progress beside it", async () => {
		const decoded = { milliseconds: 3, gigabytes: 40, share: 0.4 };
		expect(await gpu([], [...good, row("heed", decoded, "decode")])).toBe(0);
		expect(terminal.stderr).toBe("acme One\non its way\n");
		expect(terminal.stdout.split("\n")).toEqual([
			`acme One; Node ${process.version}.`,
			"Times by the device; median of 5.",
			"Peak: 2.00 TFLOP/s in multiply-adds, 100 GB/s in a copy. GB/s of decoding: keys and values, read once.",
			"",
			"| task | B H K Lq Lk D | who | ms | TFLOP/s | GB/s | of peak |",
			"| --- | --- | --- | ---: | ---: | ---: | ---: |",
			"| forward | 1 2 2 3 5 7 | heed | 2.000 | 0.500 |  | 25.0 % |",
			"| forward | 1 2 2 3 5 7 | composed | no memory |  |  |  |",
			"| decode | 1 2 2 3 5 7 | heed | 3.000 |  | 40.0 | 40.0 % |",
			"",
		]);
	});

	it("prints JSON", async () => {
		expect(await gpu(["--json", "--f16"])).toBe(0);
		expect(JSON.parse(terminal.stdout)).toEqual({
			...{ date: expect.any(String), adapter: "acme One", software: false, precision: "f16" },
			...{ host: `Node ${process.version}`, exact: true, peak: { teraflops: 2, gigabytes: 100 }, rows: good },
		});
	});

	it("takes small sizes when it is asked to, and on a program", async () => {
		runs = [];
		await gpu([]);
		await gpu(["--small"]);
		await gpu(["--f16"], good, true);
		expect(runs.map(({ sizes, precision }) => [sizes, precision])).toEqual([
			...[[cardSizes, "f32"] as const, [smallSizes, "f32"] as const, [smallSizes, "f16"] as const],
		]);
	});

	it.each([
		[[row("heed", timed), row("composed", { failed: "another result" })], "composed on forward 1 2 2 3 5 7"],
		[[row("heed", { failed: "lost" }, "decode"), row("composed", timed)], "heed on decode 1 2 2 3 5 7"],
	])(
		"ends with 1 when somebody computes something else or heed fails, with the results",
		async (rows, who) => {
			expect(await gpu([], rows)).toBe(1);
			expect(terminal.stdout).toContain(`| ${rows.find(({ failed }) => failed)?.failed} |`);
			expect(terminal.stderr).toContain(
				`\ngpu: not timed, because something went wrong: ${who}. The results say what.\n`,
			);
		},
	);

	it("refuses wrong options in one line", async () => {
		runs = [];
		await terminal.refused(["--smal"], "gpu: unknown option '--smal' (Did you mean --small?)");
		await terminal.refused(["small"], "gpu: too many arguments. Expected 0 arguments but got 1.");
		expect(runs).toEqual([]);
	});

	it("says in one line that there is no adapter", async () => {
		const start = (): never => {
			throw new HeedError("UNSUPPORTED", "startWebGpu", "no adapter was found.");
		};
		expect(await gpuCli([], { start })).toBe(2);
		expect(terminal.stderr).toBe("gpu: startWebGpu: no adapter was found.\n");
	});

	it("helps", async () => {
		expect(await gpu(["--help"])).toBe(0);
		expect(terminal.stdout).toContain("--f16");
		expect(terminal.stdout).toContain("Exit codes: 0 done, 1 somebody computed something else");
	});
});
