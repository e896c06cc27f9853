import { describe, expect, it } from "vitest";
import type { Contender } from "../contenders/contender.ts";
import type { Workload } from "../workloads/workload.ts";
import { Expectations } from "./expectations.ts";

const contender = (id: Contender["id"], parts: Partial<Contender> = {}): Contender => ({
	...{
		id,
		label: () => id,
		takesPart: () => true,
		composes: true,
		hasKernels: true,
		longestRun: 1000,
		enter: async () => {},
	},
	build: async () => {
		throw new Error("not here");
	},
	...parts,
});
const work = (id: string, flops: number, composedBytes?: number): Workload => ({
	...{ id, section: "", title: "", flops },
	...(composedBytes !== undefined && { composedBytes }),
	tensors: () => {
		throw new Error("not here");
	},
});

describe("Expectations", () => {
	it("goes by the last size of a kind", () => {
		const expectations = new Expectations();
		const stock = contender("stock");
		expect(expectations.reasonToSkip(stock, work("a/1", 1e12))).toBeUndefined(); // nothing is known
		expectations.learn(stock, work("a/1", 1e6), 100);
		expect(expectations.reasonToSkip(stock, work("a/2", 1e7))).toBeUndefined();
		expect(expectations.reasonToSkip(stock, work("a/3", 3e7))).toBe(
			"one run would take about 3 s, more than the limit of 1 s",
		);
		expect(expectations.reasonToSkip(stock, work("b/3", 3e7))).toBeUndefined();
		expect(expectations.reasonToSkip(contender("heed"), work("a/3", 3e7))).toBeUndefined();
	});

	it("goes by a known pace before that", () => {
		const cpu = contender("tfjs-cpu", { pace: 1e-6 });
		expect(new Expectations().reasonToSkip(cpu, work("a", 1e11))).toContain("about 100 s");
	});

	it("knows the memory that a composition needs, which does not concern others", () => {
		const large = work("a", 1, 4.3e9);
		expect(new Expectations().reasonToSkip(contender("stock"), large)).toBe(
			"would need about 4.3 GB, more than the limit of 1.5 GB",
		);
		const fused = contender("heed", { composes: false });
		expect(new Expectations().reasonToSkip(fused, large)).toBeUndefined();
	});
});
