import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { useBackend } from "@heed/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { regression, regressionWithDropout } from "../../test/regression.ts";
import { Adam, encodeCheckpoint, type LoopOptions, type TrainingObserver, train } from "../index.ts";
import { loadCheckpoint } from "./checkpoint-files.ts";
import { checkpointOnInterrupt } from "./checkpoint-on-interrupt.ts";

const loader = new URL("../../test/typescript-loader.mjs", import.meta.url).href;
const program = fileURLToPath(new URL("../../test/interrupted-run.ts", import.meta.url));
const forever = "100000000";
let folder = "";
beforeEach(async () => {
	folder = await mkdtemp(join(tmpdir(), "heed-interrupt-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** Runs the program, presses Ctrl-C at every line that starts with one of `at`, and gives what it printed. */
async function run(args: string[], at: string[] = []) {
	const node = ["--import", loader, "--conditions", "@heed/source", program];
	const child = spawn(process.execPath, [...node, ...args], { stdio: ["ignore", "pipe", "inherit"] });
	const end = new Promise<{ code: number | null; signal: string | null }>((resolve) =>
		child.on("close", (code, signal) => resolve({ code, signal })),
	);
	const lines: string[] = [];
	for await (const line of createInterface(child.stdout)) {
		lines.push(line);
		if (at.some((start) => line.startsWith(start))) child.kill("SIGINT");
	}
	return { lines, ...(await end) };
}

describe("a process that was killed", () => {
	useBackend("cpu");

	it("loses only what came after its last checkpoint, dropout or not", async () => {
		const path = join(folder, "run.safetensors");
		const killed = await run([path, "4", "die"]);
		expect(killed).toMatchObject({ lines: ["running"], code: null, signal: "SIGKILL" });
		const resume = await loadCheckpoint(path);
		expect(resume).toMatchObject({ epoch: 1, index: 1, step: 6 }); // the last multiple of 3 before step 8
		const last = async (task: ReturnType<typeof regression>, more: Partial<LoopOptions> = {}) => {
			let bytes = new Uint8Array(0);
			const keep: TrainingObserver = {
				onStop: async (event) => {
					bytes = encodeCheckpoint(await event.run.state());
				},
			};
			const optimizer = new Adam({ learningRate: 0.01 });
			await train({ ...task, optimizer, epochs: 4, clipNorm: 1, observers: [keep], ...more });
			return bytes;
		};
		const whole = await last(regressionWithDropout());
		expect(await last(regressionWithDropout(), { resume })).toEqual(whole);
		expect(await last(regressionWithDropout())).toEqual(whole);
		expect(await last(regressionWithDropout(), { seed: 1 })).not.toEqual(whole);
		expect(await last(regression())).not.toEqual(whole); // the dropout is really there
	});
});

describe("checkpointOnInterrupt", () => {
	useBackend("cpu");

	it("saves on Ctrl-C, and what is resumed is the run that was never stopped", async () => {
		const path = join(folder, "run.safetensors");
		const first = await run([path, forever, "fresh"], ["running"]);
		const { step } = await loadCheckpoint(path);
		expect(step).toBeGreaterThanOrEqual(3);
		expect(first).toEqual({
			lines: [
				"running",
				"Stopping after this step. Press Ctrl-C again to quit at once.",
				`Saved ${path} at step ${step}.`,
				`interrupted ${step}`,
			],
			code: 0,
			signal: null,
		});

		const epochs = Math.ceil(step / 5) + 2;
		expect((await run([path, String(epochs), "resume"])).lines).toEqual([`completed ${epochs * 5}`]);
		let whole = new Uint8Array(0);
		await train({
			...regression(),
			optimizer: new Adam({ learningRate: 0.01 }),
			epochs,
			clipNorm: 1,
			observers: [
				{
					onStop: async (event) => {
						whole = encodeCheckpoint(await event.run.state());
					},
				},
			],
		});
		expect(new Uint8Array(await readFile(path))).toEqual(whole);
		expect(await readdir(folder)).toEqual(["run.safetensors"]);
	});

	/** Sends this process a signal, which the run catches, and waits until it came. */
	const signal = async (name: "SIGINT" | "SIGTERM") => {
		const came = new Promise((resolve) => process.once(name, resolve));
		process.kill(process.pid, name);
		await came;
	};

	it.each(["SIGINT", "SIGTERM"] as const)("stops in the last epoch's evaluation, too: %s", async (name) => {
		const path = join(folder, "run");
		const said: string[] = [];
		const run = (options: Partial<LoopOptions>) =>
			train({ ...regression(), optimizer: new Adam(), epochs: 1, ...options });
		const observers = [checkpointOnInterrupt(path, (line) => said.push(line))];
		const evaluate = async () => {
			await signal(name);
			return { score: 1 };
		};
		const { reason, epoch } = await run({ evaluate, observers });
		expect({ reason, epoch }).toEqual({ reason: "interrupted", epoch: 0 });
		expect(said.at(-1)).toBe(`Saved ${path} at step 5.`);
		expect(process.listenerCount(name)).toBe(0);
		const rest = await run({ resume: await loadCheckpoint(path), evaluate: () => ({ score: 2 }) });
		expect(rest).toMatchObject({ reason: "completed", step: 5, history: [{ metrics: { score: 2 } }] });
	});

	it("saves what a signal came to when it was over, but not what has failed", async () => {
		for (const fails of [false, true]) {
			const path = join(folder, `run-${fails}`);
			const late: TrainingObserver = {
				onEpoch: async () => {
					await signal("SIGINT");
					if (fails) throw new Error("boom");
				},
			};
			const observers = [checkpointOnInterrupt(path), late];
			const attempt = train({ ...regression(), optimizer: new Adam(), epochs: 1, observers });
			if (fails) await expect(attempt).rejects.toThrow("boom");
			else expect((await attempt).reason).toBe("completed");
			expect(
				await loadCheckpoint(path).then(
					({ epoch }) => epoch,
					({ code }) => code,
				),
			).toBe(fails ? "ENOENT" : 1);
			expect(process.listenerCount("SIGINT")).toBe(0);
		}
	});

	it("dies of a second Ctrl-C, even in a step that never ends", async () => {
		const { lines, signal } = await run([join(folder, "run"), forever, "hang"], ["running", "Stopping"]);
		expect(signal).toBe("SIGINT");
		expect(lines.at(-1)).toMatch(/^Stopping/);
		expect(await readdir(folder)).toEqual([]);
	});
});
