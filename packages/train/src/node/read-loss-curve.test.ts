import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readLossCurve } from "./read-loss-curve.ts";

it("reads the loss by step and the validation by epoch", async () => {
	const folder = mkdtempSync(join(tmpdir(), "heed-loss-curve-"));
	const rows = [
		{ event: "step", epoch: 1, step: 5, loss: 4 },
		{ event: "step", epoch: 1, step: 10, loss: null },
		{ event: "epoch", epoch: 1, step: 10, loss: 3, valLoss: 2 },
		{ event: "step", epoch: 2, step: 15, loss: 1 },
		{ event: "epoch", epoch: 2, step: 20, loss: 1, valLoss: 0.5 },
	];
	const path = join(folder, "metrics.jsonl");
	writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
	expect(await readLossCurve(path)).toEqual({
		training: [
			[0.5, 4],
			[1, Number.NaN],
			[1.5, 1],
		],
		validation: [
			[1, 2],
			[2, 0.5],
		],
	});
	rmSync(folder, { recursive: true });
});
