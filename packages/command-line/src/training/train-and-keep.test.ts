import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { exampleBatches } from "@heed/train";
import { loadCheckpoint, saveCheckpoint } from "@heed/train/node";
import * as tf from "@tensorflow/tfjs-core";
import { beforeEach, describe, expect, it } from "vitest";
import { startBackend } from "../backend/index.ts";
import { outputFolder } from "../files/output-folder.ts";
import { Store } from "../files/store.ts";
import { baseProgram } from "../program/base-program.ts";
import { numberParser } from "../program/number-parser.ts";
import { runProgram } from "../program/run-program.ts";
import { fillSettings, resumeSettings } from "../settings/settings.ts";
import { useTerminal } from "../testing/index.ts";
import { digestOf } from "./digest-of.ts";
import { openTraining, type TrainingOptions } from "./open-training.ts";
import { type Trained, trainAndKeep } from "./train-and-keep.ts";

const defaults = {
	model: { task: "line", width: 3, learningRate: 0.1, decay: 0.5, seed: 1 },
	run: { epochs: 2, patience: 9 },
};
const store = new Store<(typeof defaults)["model"], { readonly letters: string }>({
	program: "spell",
	settingsOf: (json) => json as (typeof defaults)["model"],
	codecJson: (codec) => codec,
	readCodec: (json) => json as { letters: string },
});
let points = [1, 2, 3, 4, 5];
let letters = "ab";
let interruptAt = 0;
const listeners = ["SIGINT", "SIGTERM"].map((name) => process.listenerCount(name));
let trained: Trained | undefined;
beforeEach(() => {
	[points, letters, interruptAt, trained] = [[1, 2, 3, 4, 5], "ab", 0, undefined];
});

/** Learns that a line has the slope 3; five points in batches of two are three steps per epoch. */
async function train(options: TrainingOptions & { readonly epochs?: number }): Promise<void> {
	const training = await openTraining(store, options, "out/line");
	const { stored, folder } = training;
	const about = { folder: folder.path, describe: () => "lines" };
	const settings = stored
		? resumeSettings(stored, defaults, options, about)
		: fillSettings(defaults, options);
	await startBackend("cpu");
	const slope = tf.variable(tf.tensor1d([0.25, 0.5, 0.75]));
	let steps = 0;
	const batches = exampleBatches({
		examples: points.length,
		batchSize: 2,
		shuffle: true,
		makeBatch: (chosen) => tf.tensor1d(Array.from(chosen, (i) => points[i] ?? 0)),
	});
	trained = await trainAndKeep(training, {
		...{ model: { weights: new Map([["slope", slope]]) }, settings, codec: { letters } },
		...{ learnsFrom: points, announce: "five points", data: batches, validation: batches, clipNorm: 1 },
		loss: (batch, context) => {
			if (context.training && ++steps === interruptAt) process.emit("SIGINT");
			return tf.mean(tf.square(tf.sub(tf.mul(batch, tf.sum(slope)), tf.mul(batch, 3)))) as tf.Scalar;
		},
	});
}

const cli = (args: readonly string[]): Promise<number> => {
	const program = baseProgram("spell", "Spells.", "1.2.3");
	program.command("train").option("--out <dir>").option("--data <file>").option("--resume");
	const [command] = program.commands;
	command?.option("--overwrite").option("--backend <name>", "", "cpu").action(train);
	for (const name of ["--width <n>", "--epochs <n>"]) command?.option(name, "", numberParser({ min: 1 }));
	return runProgram(program, args);
};
const terminal = useTerminal("spell", cli);
const { file, refused } = terminal;
const learn = (...args: string[]): Promise<number> => cli(["train", "--out", file("out"), ...args]);
const here = (): string[] =>
	(["model", "checkpoint", "metrics", "report"] as const).filter((name) =>
		existsSync(outputFolder(file("out"))[name]),
	);
const bytes = (name: "model" | "checkpoint"): Buffer => readFileSync(outputFolder(file("out"))[name]);

describe("trainAndKeep", () => {
	it("writes the model when the training has ended, and goes on to the same end", async () => {
		expect(await learn()).toBe(0);
		expect(here()).toEqual(["model", "checkpoint", "metrics"]);
		expect(trained).toMatchObject({ weights: 3, epochs: 2, bestEpoch: 2 });
		expect(trained?.facts()).toMatchObject([
			["weights", 3],
			["epochs", "2, best 2"],
			[expect.stringContaining("minutes"), "0.0"],
		]);
		const whole = bytes("model");

		interruptAt = 4;
		writeFileSync(outputFolder(file("out")).report, "of the older training");
		expect(await learn("--overwrite", "--width", "5", "--data", "a b", "--epochs", "2")).toBe(130);
		expect(here()).toEqual(["checkpoint", "metrics"]);
		const again = `pnpm spell train --resume --out ${file("out")} --data 'a b' --epochs 2 --backend cpu`;
		expect(terminal.stderr).toContain(`spell: interrupted. Go on with: ${again}\n`);

		expect(await learn("--resume")).toBe(0);
		expect(bytes("model").subarray(-12).equals(whole.subarray(-12))).toBe(true);
	});

	it("plans as many epochs as before where it goes on, unless told otherwise", async () => {
		interruptAt = 4;
		expect(await learn("--epochs", "3")).toBe(130);
		interruptAt = 0;
		expect(await learn("--resume")).toBe(0);
		expect(trained?.epochs).toBe(3);
		expect(await learn("--resume", "--epochs", "4")).toBe(0);
		expect(await learn("--resume")).toBe(0);
		expect(trained?.epochs).toBe(4);
	});

	it("goes no further after Ctrl-C in the last moments of the last epoch", async () => {
		const running = learn();
		while (!terminal.stderr.includes("epoch 2/2")) await new Promise(setImmediate); // the checkpoint is being written
		process.emit("SIGINT");
		expect(await running).toBe(130);
		expect(terminal.stderr).toContain("spell: interrupted. Go on with: pnpm spell train --resume");
		expect(here()).toEqual(["checkpoint", "metrics"]);
		expect(["SIGINT", "SIGTERM"].map((name) => process.listenerCount(name))).toEqual(listeners);
		expect(await learn("--resume")).toBe(0);
		expect(trained?.epochs).toBe(2);
	});

	it("goes on with the same data only, and leaves what is there as it is", async () => {
		expect(await learn()).toBe(0);
		const before = bytes("checkpoint");
		points = [1, 2, 3, 4, 6];
		await refused(["train", "--resume", "--out", file("out")], "not what the checkpoint was trained on");
		[points, letters] = [[1, 2, 3, 4, 5], "abc"];
		await refused(["train", "--resume", "--out", file("out")], "not what the checkpoint was trained on");
		expect(bytes("checkpoint").equals(before)).toBe(true);
		expect(here()).toContain("model");

		letters = "ab";
		const { checkpoint } = outputFolder(file("out"));
		const state = await loadCheckpoint(checkpoint);
		const { data: _, ...config } = state.config as { readonly data: string };
		await saveCheckpoint(checkpoint, { ...state, config }); // as it was before there was a hash
		points = [1, 2, 3, 4, 6];
		expect(await learn("--resume", "--epochs", "3")).toBe(0);
		expect(trained?.epochs).toBe(3);
	});
});

it("digestOf goes by contents", () => {
	const digest = digestOf([{ pixels: Uint8Array.of(1, 2, 3).subarray(1), text: "a" }]);
	expect(digest).toBe(digestOf([{ pixels: Uint8Array.of(2, 3), text: "a" }]));
	expect(digest).toMatch(/^[0-9a-f]{16}$/);
	const others = [[{ pixels: Uint8Array.of(2, 4), text: "a" }], [{ pixels: [2, 3], text: "a" }], [], "a"];
	expect(new Set([digest, ...others.map(digestOf)]).size).toBe(5);
});
