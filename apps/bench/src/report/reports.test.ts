import { describe, expect, it } from "vitest";
import type { Row } from "../measure/row.ts";
import { lengthCharts } from "./length-charts.ts";
import { markdownReport } from "./markdown-report.ts";
import type { Report } from "./report.ts";
import { judge } from "./targets.ts";
import { alignTable, terminalReport } from "./terminal-report.ts";

const numbers = { lower: 9.5, median: 10, upper: 11, samples: [10, 9, 12], gflops: 40 };
const section = "Attention | forward";
const rows: Row[] = [
	{
		...{ workload: "attention/1024", section, title: "L 1,024", contender: "heed", label: "heed" },
		...{ ...numbers, ratio: 1, memory: { tensorBytes: 32_800, heapBytes: 300_000 } },
	},
	{
		...{
			workload: "attention/1024",
			section,
			title: "L 1,024",
			contender: "stock",
			label: "stock + fill-ins",
		},
		...{ ...numbers, median: 141, ratio: 14.1, memory: { tensorBytes: 1e8, heapBytes: 1e8 } },
	},
	{
		...{ workload: "attention/1024", section, title: "L 1,024", contender: "tfjs-cpu", label: "tfjs-cpu" },
		skipped: "one run took about 4 s",
	},
	{
		...{ workload: "conv/forward", section: "Conv", title: "forward", contender: "heed", label: "heed" },
		failed: "computes something else",
	},
];
const report: Report = {
	...{
		format: "heed.bench/1",
		date: "2026-01-02T03:04:05.000Z",
		minutes: 1.26,
		quick: true,
		interrupted: true,
	},
	only: ["attention"],
	machine: { cpu: "Some CPU", cores: 2, memoryGigabytes: 8, platform: "linux x64", node: "v20.20.2" },
	versions: { "@tensorflow/tfjs-core": "4.22.0" },
	build: "plain",
	absent: [{ id: "onnxruntime-node", reason: "it is not installed" }],
	rows,
	targets: judge(rows),
};

describe("terminalReport", () => {
	const text = terminalReport(report);

	it("puts contenders below each other, with reasons where there are no numbers", () => {
		const lines = text.split("\n").map((line) => line.trim().replaceAll(/\s{2,}/g, " · "));
		expect(lines).toContain(
			"workload · contender · median ms · middle half · runs · GFLOP/s · tensors · heap · time / heed",
		);
		expect(lines).toContain("L 1,024 · heed · 10.0 · 9.50 – 11.0 · 3 · 40.0 · 32.8 kB · 300 kB · 1.00×");
		expect(lines).toContain("stock + fill-ins · 141 · 9.50 – 11.0 · 3 · 40.0 · 100 MB · 100 MB · 14.1×");
		expect(lines).toContain("tfjs-cpu · skipped: one run took about 4 s");
		expect(lines).toContain("forward · heed · FAILED: computes something else");
	});

	it("says under which conditions, and what is missing", () => {
		for (const part of [
			"2026-01-02, Some CPU, 2 cores, linux x64, Node v20.20.2, plain build of the kernels",
			"@tensorflow/tfjs-core 4.22.0.",
			"onnxruntime-node did not take part: it is not installed.",
			"A quick run",
			"Only: attention.",
			"Stopped after 1.3 minutes",
		]) {
			expect(text).toContain(part);
		}
	});
});

describe("alignTable", () => {
	it("aligns to both sides and lets reasons run on", () => {
		const columns = [
			["a", "left"],
			["number", "right"],
		] as const;
		const lines = [{ cells: ["long name", "1"] }, { cells: ["x"], reason: "because of much" }];
		expect(alignTable(columns, lines)).toBe(
			["  a          number", "  long name       1", "  x          because of much"].join("\n"),
		);
	});
});

describe("markdownReport", () => {
	const text = markdownReport(report);

	it("has a line per workload, and everything", () => {
		expect(text).toContain("|  | heed | stock | tfjs-cpu | GFLOP/s | heap, heed | heap, stock |");
		expect(text).toContain("| L 1,024 | 10.0 | 141 (14.1×, + fill-ins) | – | 40.0 | 300 kB | 100 MB |");
		expect(text).toContain("| L 1,024 | tfjs-cpu | skipped: one run took about 4 s |");
		expect(text).toContain(
			"| attention B 1 H 8 L 1024 D 64, forward: as fast as stock | ≥ 12× | 14.1× | reached |",
		);
	});

	it("has tables whose lines have as many cells as their heads", () => {
		const tables = text
			.trim()
			.split("\n\n")
			.filter((part) => part.startsWith("|"));
		expect(tables.length).toBe(5);
		for (const table of tables) {
			const counts = table.split("\n").map((line) => line.replaceAll("\\|", "").split("|").length);
			expect(new Set(counts).size).toBe(1);
		}
	});
});

describe("lengthCharts", () => {
	const point = (length: number, contender: Row["contender"], median: number): Row => ({
		...{ workload: `length/${length}`, section: "", title: "", contender, label: contender },
		...{ ...numbers, median, memory: { tensorBytes: length, heapBytes: 2 * length } },
	});

	it("draws a line for each contender, and says where it ends early", () => {
		const lengths = [128, 512, 2048];
		const own = lengths.map((length) => point(length, "heed", length));
		const peer = lengths.slice(0, 2).map((length) => point(length, "stock", 9 * length));
		const skipped: Row = {
			...{ workload: "length/2048", section: "", title: "", contender: "stock", label: "stock" },
			skipped: "too long",
		};
		const charts = lengthCharts([...own, ...peer, skipped, ...rows]);
		expect(charts.map(({ file }) => file)).toEqual(["time-by-length.svg", "memory-by-length.svg"]);
		for (const { svg } of charts) {
			expect(svg.match(/<polyline/g)).toHaveLength(2);
			for (const name of [">heed<", ">stock ≤ 512<", ">500<", ">1000<", ">2000<"])
				expect(svg).toContain(name);
		}
	});

	it("draws nothing of a single length", () => {
		expect(lengthCharts([point(128, "heed", 1), ...rows])).toEqual([]);
		expect(lengthCharts([])).toEqual([]);
	});
});
