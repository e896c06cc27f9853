import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeSafetensors } from "@heed/io";
import { useBackend } from "@heed/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { regression } from "../../test/regression.ts";
import { Adam, type LoopOptions, type TrainingObserver, train } from "../index.ts";
import { loadCheckpoint, saveCheckpoint } from "./checkpoint-files.ts";
import { checkpointOnInterrupt } from "./checkpoint-on-interrupt.ts";
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

	it("are written for every run that an observer watches", async () => {
		const path = join(folder, "run.safetensors");
		const observers = [saveCheckpoints(path)];
		// Both end at the same place, which is the only one that is saved.
		await run({ observers, epochs: 1, seed: 1 });
		await run({ observers, epochs: 1, seed: 2 });
		expect(await loadCheckpoint(path)).toMatchObject({ seed: 2, epoch: 1 });
	});

	const observersFor = (path: string): [string, TrainingObserver][] => [
		["saveCheckpoints", saveCheckpoints(path)],
		["checkpointOnInterrupt", checkpointOnInterrupt(path)],
		["jsonlLog", jsonlLog(path)],
	];

	it.each(["saveCheckpoints", "checkpointOnInterrupt", "jsonlLog"])(
		"get their folder at the start: %s",
		async (name) => {
			const path = join(folder, "a", "b", "run");
			const observer = new Map(observersFor(path)).get(name) as TrainingObserver;
			const look = async () => expect(await readdir(folder)).toEqual(["a"]);
			await run({ epochs: 1, observers: [observer, { onStart: look }] });
			expect((await stat(join(folder, "a", "b"))).isDirectory()).toBe(true);

			await writeFile(join(folder, "file"), "");
			let steps = 0;
			const count: TrainingObserver = { onStep: () => void steps++ };
			for (const [bad, problem] of [
				[join(folder, "file", "run"), "cannot be written: "],
				[folder, "is a folder; expected the name of a file"],
			] as const) {
				const attempt = run({ observers: [new Map(observersFor(bad)).get(name) as TrainingObserver, count] });
				await expect(attempt).rejects.toMatchObject({ name: "HeedError", code: "VALUE" });
				await expect(attempt).rejects.toThrow(`${name}: ${bad} ${problem}`);
			}
			expect(steps).toBe(0);
			expect(process.listenerCount("SIGINT")).toBe(0);
		},
	);

	it("stay as they were when the weights are spoilt in the epoch's last update", async () => {
		const path = join(folder, "run.safetensors");
		await run({ epochs: 1, observers: [saveCheckpoints(path)] });
		const before = await readFile(path);
		const task = regression();
		const spoil: TrainingObserver = {
			onStep: ({ step }) => {
				if (step === 5) task.variables.output?.assign(tf.fill([7, 1], Number.NaN));
			},
		};
		const attempt = train({
			...task,
			optimizer: new Adam(),
			epochs: 1,
			observers: [spoil, saveCheckpoints(path)],
		});
		await expect(attempt).rejects.toThrow("'output' holds NaN after step 5");
		expect(await readFile(path)).toEqual(before);
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

	it("writes what is not finite as null", async () => {
		const path = join(folder, "log.jsonl");
		const evaluate = () => ({ a: Number.NaN, b: Number.POSITIVE_INFINITY });
		await run({ epochs: 1, evaluate, observers: [jsonlLog(path)] });
		expect((await rowsOf(path))[0]).toMatchObject({ a: null, b: null });
	});

	it("does not repeat an epoch that a crash caught between its last step and its checkpoint", async () => {
		const path = join(folder, "log.jsonl");
		const checkpoint = join(folder, "run");
		const crash: TrainingObserver = {
			onEpoch: () => {
				throw new Error("crash");
			},
		};
		const observers = [saveCheckpoints(checkpoint, { everySteps: 5 }), jsonlLog(path, { everySteps: 5 })];
		const [saver, log] = observers as [TrainingObserver, TrainingObserver];
		const before: TrainingObserver = { onStart: saver.onStart, onStep: saver.onStep } as TrainingObserver;
		await expect(run({ epochs: 1, observers: [before, log, crash] })).rejects.toThrow("crash");
		const resume = await loadCheckpoint(checkpoint);
		expect(resume).toMatchObject({ epoch: 0, index: 5, step: 5 });
		await run({ epochs: 1, observers: [log], resume });
		expect((await rowsOf(path)).map(({ event, epoch }) => `${event} ${epoch}`)).toEqual([
			"step 1",
			"epoch 1",
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
