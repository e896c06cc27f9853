import { stripVTControlCharacters } from "node:util";
import { useBackend } from "@heed/testing";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { regression } from "../../test/regression.ts";
import { Adam, train } from "../index.ts";
import { clock, paintAnsi, paintNothing, progressLine, short } from "./progress-line.ts";
import { type ProgressStream, terminalProgress } from "./terminal-progress.ts";

const progress = { epoch: 2, epochs: 10, index: 42, batches: 100, metrics: { loss: 0.42134, accuracy: 0.5 } };

describe("progressLine", () => {
	it("shows everything where there is room", () => {
		expect(progressLine({ ...progress, rate: 12.34 }, 120, paintNothing)).toBe(
			"epoch 2/10 ━━━━━━━━━━━━━─────────────────  42/100 loss 0.4213 accuracy 0.5000 12.34 steps/s eta 1:10",
		); // (8 · 100 + 58) / 12.34 = 69.5 s
	});

	it("leaves out what matters least where there is not, and never wraps", () => {
		expect(progressLine({ ...progress, rate: 12.34 }, 30, paintNothing)).toBe(
			"epoch 2/10  42/100 loss 0.4213",
		);
		fc.assert(
			fc.property(
				fc.integer({ min: 20, max: 200 }),
				fc.nat(100),
				fc.double({ min: 1e-6 }),
				(width, index, rate) => {
					const line = progressLine({ ...progress, index, rate }, width, paintNothing);
					expect(line.length).toBeLessThanOrEqual(width);
					expect(stripVTControlCharacters(progressLine({ ...progress, index, rate }, width, paintAnsi))).toBe(
						line,
					);
				},
			),
			{ seed: 1, numRuns: 200 },
		);
	});

	it("writes numbers and times shortly", () => {
		expect([0, 1.23456, 12.3456, 1234.56, 1e-5, 3e7, Number.NaN].map(short)).toEqual([
			...["0.0000", "1.2346", "12.35", "1234.6", "1.00e-5", "3.00e+7", "NaN"],
		]);
		expect([0, 9.4, 754, 12_300, Number.NaN].map(clock)).toEqual([
			"0:00",
			"0:09",
			"12:34",
			"3:25:00",
			"-:--",
		]);
	});
});

describe("terminalProgress", () => {
	useBackend("cpu");
	afterEach(() => vi.unstubAllEnvs());

	async function show(stream: Partial<ProgressStream>, options: Parameters<typeof terminalProgress>[1]) {
		let text = "";
		const write = (part: string) => {
			text += part;
		};
		const observers = [terminalProgress({ ...stream, write }, options)];
		await train({ ...regression(), optimizer: new Adam(), epochs: 2, observers });
		return text;
	}

	it("draws one line again and again in a terminal, and one per epoch to stay", async () => {
		const text = await show({ isTTY: true, columns: 60 }, { redrawSeconds: 0, color: false });
		const drawings = text.split("\r\u001b[K");
		expect(drawings.length).toBe(1 + 5 + 1 + 5 + 1 + 1);
		expect(drawings.filter((part) => part.endsWith("\n")).length).toBe(2);
		for (const part of drawings) expect(part.trimEnd().length).toBeLessThan(60);
		expect(drawings[6]).toMatch(/^epoch 1\/2 {2}loss \d\.\d+ {2}distance \d\.\d+ {2}0:00\n$/);
		expect(drawings.at(-1)).toBe(""); // nothing of the line is left
		expect(text).not.toMatch(/\?25/); // the cursor is never hidden
	});

	it("writes plain lines elsewhere, one per epoch", async () => {
		const text = await show({ isTTY: false }, {});
		expect(text).not.toContain("\u001b");
		expect(text.split("\n").length).toBe(2 + 1);
		vi.stubEnv("TERM", "dumb");
		expect((await show({ isTTY: true }, { color: false })).split("\n").length).toBe(2 + 1);
	});

	it("has colours as the environment wants", async () => {
		vi.stubEnv("TERM", "xterm");
		vi.stubEnv("NO_COLOR", "1");
		vi.stubEnv("FORCE_COLOR", undefined);
		expect(await show({ isTTY: true }, {})).not.toContain("\u001b[1m");
		vi.stubEnv("NO_COLOR", "");
		expect(await show({ isTTY: true }, {})).toContain("\u001b[1m");
		expect(await show({ isTTY: false }, {})).not.toContain("\u001b[1m");
		vi.stubEnv("FORCE_COLOR", "1");
		expect(await show({ isTTY: false }, {})).toContain("\u001b[1m");
		expect(await show({ isTTY: true, hasColors: () => false }, {})).not.toContain("\u001b[1m");
	});
});
