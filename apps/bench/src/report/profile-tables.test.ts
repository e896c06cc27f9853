import { expect, it } from "vitest";
import type { Row } from "../measure/row.ts";
import { profileTables } from "./profile-tables.ts";

const row = (
	contender: "heed" | "stock",
	median: number,
	profile?: Record<string, [number, number]>,
): Row => ({
	...{ workload: "w", section: "S", title: "T", contender, label: contender },
	...{ median, lower: median, upper: median, samples: [median], gflops: 1 },
	...(profile && {
		profile: Object.entries(profile).map(([kernel, [milliseconds, calls]]) => ({
			kernel,
			milliseconds,
			calls,
		})),
	}),
});

it("has a line for each kernel that matters to somebody, the largest first, and the rest below", () => {
	const [table] = profileTables([
		row("heed", 20, { MatMul: [10, 3], Tiny: [0.1, 7], Sum: [2, 1] }),
		row("stock", 100, { MatMul: [60, 3], Sum: [30, 1], Slice: [2.5, 2] }),
	]);
	expect(table?.title).toBe("S: T");
	expect(table?.columns.map(([name]) => name)).toEqual(["kernel", "heed, ms", "calls", "stock, ms", "calls"]);
	expect(table?.lines.map(([name]) => name)).toEqual([
		"MatMul",
		"Sum",
		"Slice",
		"other kernels",
		"outside of kernels",
	]);
	expect(table?.lines.at(2)?.slice(1, 3)).toEqual(["–", "–"]);
	expect(table?.lines.at(-2)?.[1]).toBe("0.100");
	expect(Number(table?.lines.at(-1)?.[1])).toBeCloseTo(7.9);
	expect(Number(table?.lines.at(-1)?.[3])).toBeCloseTo(7.5);
});

it("is not there where nothing was profiled", () => {
	expect(profileTables([row("heed", 20), { ...row("stock", 1), skipped: "why" } as Row])).toEqual([]);
});
