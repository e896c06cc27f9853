import { describe, expect, it } from "vitest";
import type { Row } from "../measure/row.ts";
import { judge, type Target } from "./targets.ts";

const row = (workload: string, contender: Row["contender"], median: number, ratio: number): Row => ({
	...{ workload, section: "", title: "", contender, label: contender },
	...{ median, lower: median, upper: median, samples: [median], gflops: 1, ratio },
	memory: { tensorBytes: 5e6, heapBytes: 4.3e6 },
});
const rows: Row[] = [
	row("attention/1024", "heed", 50, 1),
	row("attention/1024", "stock", 595, 11.9),
	row("attention/1024", "onnxruntime-web", 80, 1.6),
	row("attention-causal/1024", "heed", 25, 1),
	row("conv/forward", "heed", 20, 1),
	row("conv/backward", "heed", 81, 1),
	row("length/16384", "heed", 1700, 1),
	{
		...{ workload: "translator", section: "", title: "", contender: "stock", label: "stock + fill-ins" },
		failed: "computes something else",
	},
];

describe("judge", () => {
	const found = new Map(judge(rows).map((verdict) => [verdict.what, verdict]));
	const verdict = (start: string): unknown => {
		const what = [...found.keys()].find((name) => name.startsWith(start));
		const { measured, reached, value } = found.get(what ?? "") ?? {};
		return { measured, reached, value };
	};

	it.each([
		["attention B 1 H 8 L 1024 D 64, forward: as fast as stock", 11.9, false, 12],
		["attention B 1 H 8 L 1024 D 64, forward: as fast as onnxruntime-web", 1.6, true, 1.6],
		["attention B 1 H 8 L 1024 D 64, causal", 2, true, 1.7],
		["attention B 1 H 1 L 16,384 D 64, forward: memory", 5, true, 16],
		["convolution", 4.05, false, 4],
		["GRU", undefined, undefined, 6],
		["the translator", undefined, undefined, 4],
	])("%s", (start, measured, reached, value) => expect(verdict(start)).toEqual({ measured, reached, value }));

	it("compares upwards and downwards", () => {
		const target = (bound: Target["bound"]): Target => ({
			...{ what: "x", bound, value: 2, unit: "×" },
			measure: () => 2.5,
		});
		expect(judge([], [target("at least"), target("at most")]).map(({ reached }) => reached)).toEqual([
			true,
			false,
		]);
	});
});
