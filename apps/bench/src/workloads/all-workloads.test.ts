import { UserError } from "@heed/command-line";
import { describe, expect, it } from "vitest";
import { targets } from "../report/targets.ts";
import { allWorkloads, inBlocks, selectWorkloads } from "./all-workloads.ts";

const ids = (...args: Parameters<typeof selectWorkloads>): string[] =>
	selectWorkloads(...args).map(({ id }) => id);

describe("allWorkloads", () => {
	it("have names and titles of their own", () => {
		const names = allWorkloads.map(({ id }) => id);
		expect(new Set(names).size).toBe(names.length);
		const titles = allWorkloads.map(({ section, title }) => `${section} ${title}`);
		expect(new Set(titles).size).toBe(titles.length);
	});

	it("hold what every target needs, in a quick run too", () => {
		for (const workloads of [allWorkloads, selectWorkloads(allWorkloads, { quick: true })]) {
			const row = { section: "", title: "", label: "", samples: [], gflops: 1, ratio: 1 };
			const memory = { tensorBytes: 1, heapBytes: 1 };
			const rows = workloads.flatMap(({ id }) =>
				(["heed", "stock", "onnxruntime-web"] as const).map((contender) => ({
					...{ ...row, workload: id, contender, median: 1, lower: 1, upper: 1, memory },
				})),
			);
			for (const { what, measure } of targets) expect(measure(rows), what).toBeTypeOf("number");
		}
	});
});

describe("selectWorkloads", () => {
	it("takes all, the quick ones, or those with a text in their name", () => {
		expect(ids(allWorkloads, {})).toHaveLength(allWorkloads.length);
		const quick = ids(allWorkloads, { quick: true });
		expect(quick.length).toBeLessThan(allWorkloads.length / 1.5);
		expect(ids(allWorkloads, { only: ["attention/", "/NN"] })).toEqual([
			...["attention/256", "attention/1024", "attention/2048", "matmul/nn"],
		]);
	});

	it.each([
		[
			{ only: ["matmul", "wavelet"] },
			"--only wavelet: no workload has this in its name. There are: attention,",
		],
		[{ quick: true, only: ["lstm"] }, "--only lstm: no workload of the quick ones has this in its name."],
	])("refuses %j", (selection, message) => {
		expect(() => selectWorkloads(allWorkloads, selection)).toThrow(UserError);
		expect(() => selectWorkloads(allWorkloads, selection)).toThrow(message);
	});
});

describe("inBlocks", () => {
	it("puts together what is compared", () => {
		const blocks = inBlocks(allWorkloads).map((block) => block.map(({ id }) => id));
		expect(blocks.flat().sort()).toEqual(ids(allWorkloads, {}).sort());
		expect(blocks).toContainEqual(["attention/1024", "attention-causal/1024"]);
		expect(blocks).toContainEqual(["conv/forward", "conv/backward"]);
		expect(blocks).toContainEqual(["transformer"]);
	});
});
