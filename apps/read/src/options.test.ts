import { CommanderError } from "commander";
import { describe, expect, it } from "vitest";
import { type Actions, createProgram, type RunOptions, type TrainOptions } from "./options.ts";

async function parse(
	...args: string[]
): Promise<{ train?: TrainOptions; run?: [readonly string[], RunOptions] }> {
	const seen: { train?: TrainOptions; run?: [readonly string[], RunOptions] } = {};
	const actions: Actions = {
		train: async (options) => {
			seen.train = options;
		},
		run: async (texts, options) => {
			seen.run = [texts, options];
		},
	};
	await createProgram("1.2.3", actions).parseAsync(args, { from: "user" });
	return seen;
}

describe("read train", () => {
	it("leaves out what was not given", async () => {
		expect((await parse("train")).train).toEqual({ backend: "wasm" });
	});

	it("reads numbers, choices and flags", async () => {
		const args =
			"--data a.txt --model impatient --epochs 3 --seed 0 --learning-rate 1e-3 --dropout 0 --resume";
		expect((await parse("train", ...args.split(" "))).train).toEqual({
			backend: "wasm",
			data: "a.txt",
			reader: "impatient",
			epochs: 3,
			seed: 0,
			learningRate: 0.001,
			dropout: 0,
			resume: true,
		});
	});

	it.each([
		[
			["--epochs", "0"],
			"option '--epochs <n>' argument '0' is invalid. Expected a whole number, at least 1.",
		],
		[["--epochs", "1.5"], "Expected a whole number"],
		[["--epochs", ""], "Expected a whole number"],
		[["--epochs"], "option '--epochs <n>' argument missing"],
		[["--learning-rate", "x"], "Expected a number, greater than 0 and at most 10."],
		[["--dropout", "1"], "Expected a number, at least 0 and less than 1."],
		[["--model", "bert"], "Allowed choices are attention-over-attention, attentive, impatient."],
		[["--backend", "gpu"], "Allowed choices are wasm, cpu."],
		[["--epoch", "3"], "unknown option '--epoch'"],
		[["stray"], "too many arguments for 'train'"],
	])("refuses %j", async (args, message) => {
		await expect(parse("train", ...args)).rejects.toThrow(CommanderError);
		await expect(parse("train", ...args)).rejects.toThrow(message);
	});
});

describe("read run", () => {
	it("takes texts and flags", async () => {
		const { run } = await parse("run", "--model", "out/x", "--no-attention", "A. XXXXX.", "B. XXXXX.");
		expect(run).toEqual([["A. XXXXX.", "B. XXXXX."], { model: "out/x", attention: false, backend: "wasm" }]);
		expect((await parse("run")).run).toEqual([[], { attention: true, backend: "wasm" }]);
	});
});

describe("read", () => {
	it("refuses other commands", async () => {
		await expect(parse("trian")).rejects.toThrow("unknown command 'trian'");
	});
});
