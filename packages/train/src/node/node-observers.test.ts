import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeSafetensors } from "@heed/io";
import { useBackend } from "@heed/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { regression } from "../../test/regression.ts";
import { Adam, type LoopOptions, train } from "../index.ts";
import { loadCheckpoint, saveCheckpoint } from "./checkpoint-files.ts";
import { jsonlLog } from "./jsonl-log.ts";
import { saveCheckpoints } from "./save-checkpoints.ts";

let folder = "";
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "heed-train-"));
});
afterEach(() => rm(folder, { recursive: true }));

const run = (options: Partial<LoopOptions>) =>
	train({ ...regression(), optimizer: new Adam(), epochs: 3, ...options });

describe("checkpoint files", () => {
	useBackend("cpu");

	it("are written per epoch, per step and at the end, and come back as they were", async () => {
		const path = join(folder, "run.safetensors");
		const seen: string[] = [];
		const peek = async () => {
			const state = await loadCheckpoint(path).catch(() => undefined);
			seen.push(state === undefined ? "-" : `${state.epoch}.${state.index}`);
		};
		await run({ observers: [saveCheckpoints(path, { everyEpochs: 2, everySteps: 4 }), { onStep: peek }] });
		expect(seen).toEqual([
			...["-", "-", "-", "0.4", "0.4"],
			...["0.4", "0.4", "1.3", "1.3", "1.3"],
			...["2.0", "2.2", "2.2", "2.2", "2.2"],
		]);
		const state = await loadCheckpoint(path);
		expect(state).toMatchObject({ epoch: 3, index: 0, step: 15, seed: 0, batches: 5, config: null });
		await saveCheckpoint(`${path}.copy`, state);
		expect(await readFile(`${path}.copy`)).toEqual(await readFile(path));
	});

	it("are not written after an error", async () => {
		const path = join(folder, "run.safetensors");
		const fail = () => {
			throw new Error("x");
		};
		await expect(run({ observers: [saveCheckpoints(path), { onStep: fail }] })).rejects.toThrow("x");
		await expect(loadCheckpoint(path)).rejects.toMatchObject({ code: "ENOENT" });
	});

	const state = (json: object | string) =>
		writeSafetensors(
			[],
			[
				["format", "heed-checkpoint-1"],
				["state", typeof json === "string" ? json : JSON.stringify(json)],
			],
		);
	it.each([
		["no safetensors", new Uint8Array(5), /the file has 5 bytes/],
		[
			"another file",
			writeSafetensors([], [["format", "pt"]]),
			/its format is "pt", expected "heed-checkpoint-1"/,
		],
		["no format", writeSafetensors([]), /its format is "not stated"/],
		["no JSON", state("{"), /its state is not JSON/],
		["a list", state([]), /`state` is not an object/],
		["no optimizer", state({}), /`optimizer` is not an object/],
		["a bad number", state({ optimizer: { kind: "x" }, epoch: -1 }), /`epoch` is not a whole number/],
	])("are refused in one line that names the file: %s", async (_, bytes, problem) => {
		const path = join(folder, "bad");
		await writeFile(path, bytes);
		const attempt = loadCheckpoint(path);
		await expect(attempt).rejects.toMatchObject({ name: "HeedError", code: "VALUE" });
		await expect(attempt).rejects.toThrow(problem);
		await expect(attempt).rejects.toThrow(`loadCheckpoint: ${path} cannot be resumed.`);
	});
});

describe("jsonlLog", () => {
	useBackend("cpu");
	const rowsOf = async (path: string) =>
		(await readFile(path, "utf8"))
			.trimEnd()
			.split("\n")
			.map((line) => JSON.parse(line) as Record<string, unknown>);

	it("writes a line per epoch and every so many steps", async () => {
		const path = join(folder, "log.jsonl");
		await run({ epochs: 2, observers: [jsonlLog(path, { everySteps: 4 })] });
		const rows = await rowsOf(path);
		expect(rows.map(({ event, epoch, step }) => `${event} ${epoch} ${step}`)).toEqual([
			...["step 1 4", "epoch 1 5", "step 2 8", "epoch 2 10"],
		]);
		expect(Object.keys(rows[1] ?? {})).toEqual([
			...["event", "epoch", "step", "loss", "distance", "learningRate", "seconds"],
		]);
	});

	it("drops what a resumed run will write again, and a line that a crash cut short", async () => {
		const path = join(folder, "log.jsonl");
		const checkpoint = join(folder, "run");
		await run({ epochs: 2, observers: [saveCheckpoints(checkpoint)] });
		await run({ epochs: 3, observers: [jsonlLog(path)] });
		await appendFile(path, '{"event":"epoch","epoch":4,"st');
		await run({ epochs: 4, observers: [jsonlLog(path)], resume: await loadCheckpoint(checkpoint) });
		expect((await rowsOf(path)).map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
		await run({ epochs: 1, observers: [jsonlLog(path)] });
		expect((await rowsOf(path)).map(({ epoch }) => epoch)).toEqual([1]);
	});
});
