import { describe, expect, it } from "vitest";
import type { Contender } from "../contenders/contender.ts";
import type { BenchCase, Results, Workload } from "../workloads/workload.ts";
import { Expectations } from "./expectations.ts";
import { measureBlock } from "./measure-block.ts";
import { isMeasured } from "./row.ts";

const work = (id: string, flops = 1000): Workload => ({
	...{ id, section: "S", title: id, flops },
	tensors: () => {
		throw new Error("not here");
	},
});

/** A contender that notes what is done with it. */
function contender(id: Contender["id"], log: string[], parts: Partial<BenchCase> = {}): Contender {
	return {
		id,
		label: () => id,
		takesPart: () => true,
		composes: false,
		hasKernels: false,
		longestRun: 1000,
		async enter() {
			log.push(`${id} enters`);
		},
		build: async () => ({
			results: async (): Promise<Results> => [[1, 2]],
			prepare: () => log.push(`${id} prepares`),
			run: () => {
				log.push(`${id} runs`);
				return [];
			},
			dispose: () => {
				log.push(`${id} ends`);
			},
			...parts,
		}),
	};
}

function options(signal = new AbortController().signal) {
	const effort = { budget: 1e9, fewest: 1, longest: 1e9, most: 2 };
	return { effort, expectations: new Expectations(), signal };
}

describe("measureBlock", () => {
	it("runs all in turns, each with fresh operands, and frees them", async () => {
		const log: string[] = [];
		const rows = await measureBlock(
			[work("w")],
			[contender("heed", log), contender("stock", log)],
			options(),
		);
		const warmUp = (id: string): string[] => [
			`${id} enters`,
			...[`${id} prepares`, `${id} runs`, `${id} prepares`, `${id} runs`],
		];
		const round = ["heed", "stock"].flatMap((id) => [`${id} enters`, `${id} prepares`, `${id} runs`]);
		const end = ["heed", "stock"].flatMap((id) => [`${id} enters`, `${id} ends`]);
		expect(log).toEqual([...warmUp("heed"), ...warmUp("stock"), ...round, ...round, ...end]);
		const [heed, stock] = rows.filter(isMeasured);
		expect(heed?.samples).toHaveLength(2);
		expect(heed?.ratio).toBe(1);
		expect(stock?.ratio).toBeCloseTo((stock?.median ?? 0) / (heed?.median ?? 1));
		expect(heed?.gflops).toBeCloseTo(1000 / (heed?.median ?? 0) / 1e6);
	});

	it("does not time what computes something else", async () => {
		const log: string[] = [];
		const wrong = contender("stock", log, { results: async () => [[1, 3]] });
		const rows = await measureBlock([work("w")], [contender("heed", log), wrong], options());
		expect(rows[1]).toMatchObject({
			contender: "stock",
			failed: expect.stringMatching(/^computes something else: result 0 is 3\.0+ at 1 where heed has 2/),
		});
		expect(log.filter((line) => line === "stock runs")).toEqual([]);
		expect(log).toContain("stock ends");
	});

	it("tells a peer that cannot do it from heed that fails, after which nobody is compared", async () => {
		const run = (): never => {
			throw new Error("Kernel 'X' not registered\nat somewhere");
		};
		const peer = await measureBlock(
			[work("w")],
			[contender("heed", []), contender("stock", [], { run })],
			options(),
		);
		expect(peer[1]).toMatchObject({ skipped: "cannot do it: Kernel 'X' not registered" });
		const heed = await measureBlock(
			[work("w")],
			[contender("heed", [], { run }), contender("stock", [])],
			options(),
		);
		expect(heed).toMatchObject([
			{ failed: "Kernel 'X' not registered" },
			{ skipped: "heed has no result to compare with" },
		]);
	});

	it("leaves out what took too long, and then what is larger", async () => {
		const slow = { ...contender("tfjs-cpu", [], { run: waitAwhile }), longestRun: 1 };
		const set = options();
		const small = await measureBlock([work("w/1")], [contender("heed", []), slow], set);
		expect(small[1]).toMatchObject({
			skipped: expect.stringMatching(/^one run took about 0\.0\d+ s, more than/),
		});
		const log: string[] = [];
		const known = { ...contender("tfjs-cpu", log), pace: 0.01 };
		const large = await measureBlock([work("w/2", 1e6)], [contender("heed", []), known], set);
		expect(large[1]).toMatchObject({ skipped: "one run would take about 10 s, more than the limit of 1 s" });
		expect(log).toEqual([]);
	});

	it("keeps what it has when it is stopped", async () => {
		const stop = new AbortController();
		let runs = 0;
		const run = (): never[] => {
			if (++runs === 3) stop.abort();
			return [];
		};
		const log: string[] = [];
		const heed = contender("heed", log, { run });
		const rows = await measureBlock([work("w")], [heed, contender("stock", log)], options(stop.signal));
		expect(rows.map((row) => row.contender)).toEqual(["heed"]); // the third run was its first sample
		expect(rows.filter(isMeasured)[0]?.samples).toHaveLength(1);
		expect(log.filter((line) => line.endsWith("ends"))).toEqual(["heed ends", "stock ends"]);
	});
});

/** Waits as work does: without letting anything else happen. */
function waitAwhile(): never[] {
	const end = performance.now() + 15;
	while (performance.now() < end);
	return [];
}
