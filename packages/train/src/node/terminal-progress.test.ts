import { stripVTControlCharacters } from "node:util";
import { useBackend } from "@heed/testing";
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Batch, regression, regressionBatches } from "../../test/regression.ts";
import { Adam, type LoopOptions, type TrainingRun, type TrainOptions, train } from "../index.ts";
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
				fc.integer({ min: 0, max: 200 }),
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

	it("stops at the first part that does not fit", () => {
		const metrics = { perplexity: 1234.5, a: 1 };
		const at = (width: number) => progressLine({ ...progress, metrics, rate: 1e5 }, width, paintNothing);
		expect(at(100)).toMatch(/42\/100 perplexity 1234\.5 a 1\.0000 100000\.0 steps\/s eta 0:00$/);
		// The loss is too long, so neither the time left nor the rate are shown, though they would fit.
		expect(at(30)).toMatch(/^epoch 2\/10 [━─]{11} {2}42\/100$/u);
		expect(at(9)).toBe("epoch 2/1");
		expect(at(0)).toBe("");
	});

	it("shows what is done other than training", () => {
		const validating = { ...progress, metrics: {}, index: 3, batches: 7, activity: "validating" };
		expect(progressLine(validating, 40, paintNothing)).toBe("epoch 2/10 ━━━━━━──────── 3/7 validating");
		const evaluating = { ...validating, index: 0, batches: 0, activity: "evaluating" };
		expect(progressLine(evaluating, 40, paintNothing)).toBe("epoch 2/10 evaluating");
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

	async function show(
		stream: Partial<ProgressStream>,
		options: Parameters<typeof terminalProgress>[1],
		more: Partial<LoopOptions> & Pick<TrainOptions<Batch>, "validation"> = {},
	) {
		let text = "";
		const write = (part: string) => {
			text += part;
		};
		const observers = [terminalProgress({ ...stream, write }, options)];
		await train({ ...regression(), optimizer: new Adam(), epochs: 2, observers, ...more });
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

	it.each([
		[0, 79],
		[undefined, 79],
		[12, 11],
		[3, 2],
	])("never wraps where the terminal has %s columns", async (columns, width) => {
		const size = columns === undefined ? {} : { columns };
		const text = await show({ isTTY: true, ...size }, { redrawSeconds: 0, color: false });
		const live = text.split("\r\u001b[K").filter((part) => !part.endsWith("\n"));
		expect(Math.max(...live.map((part) => part.length))).toBeLessThanOrEqual(width);
		expect(live.some((part) => part.startsWith("epoch 1/2".slice(0, width)))).toBe(true);
		if (width === 79) expect(live.some((part) => part.length > 50)).toBe(true);
	});

	it("shows a validation and an evaluation at once, however seldom it draws", async () => {
		const more = { epochs: 1, validation: regressionBatches(false), evaluate: () => ({ score: 1 }) };
		const stream = { isTTY: true, columns: 60 };
		const parts = (await show(stream, { redrawSeconds: 1e6, color: false }, more)).split("\r\u001b[K");
		expect(parts.filter((part) => part.includes("0/5 validating")).length).toBe(1);
		expect(parts.filter((part) => part.endsWith("evaluating"))).toEqual(["epoch 1/1 evaluating"]);
		const often = await show(stream, { redrawSeconds: 0, color: false }, more);
		for (let done = 0; done <= 5; done++) expect(often).toContain(`${done}/5 validating`);
		const plain = await show({ isTTY: false }, {}, more);
		expect(plain).not.toContain("validating");
	});

	it("writes plain lines within an epoch, as often as it is asked to", async () => {
		const lines = (await show({ isTTY: false }, { plainSeconds: 0 })).trimEnd().split("\n");
		expect(lines.length).toBe(2 * (5 + 1));
		expect(lines[2]).toMatch(/^epoch 1\/2 .* 3\/5 loss /);
		expect(lines.join()).not.toContain("\u001b");
	});

	it("counts the rate from the step at which a run resumes", async () => {
		let time = 0;
		const clock = vi.spyOn(performance, "now").mockImplementation(() => time);
		try {
			let text = "";
			const write = (part: string) => {
				text += part;
			};
			const progress = terminalProgress(
				{ isTTY: true, columns: 100, write },
				{ redrawSeconds: 0, color: false },
			);
			const run = { epochs: 300, batches: 5, epoch: 200, index: 0, step: 1000 } as TrainingRun;
			progress.onStart?.(run);
			time = 2000;
			progress.onStep?.({ run, epoch: 201, index: 4, step: 1004, metrics: {}, averages: { loss: 1 } });
			expect(text).toContain("2.0000 steps/s"); // 4 updates in 2 seconds
		} finally {
			clock.mockRestore();
		}
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
