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

describe("tag train", () => {
	it("leaves out what was not given", async () => {
		expect((await parse("train")).train).toEqual({ backend: "wasm" });
	});

	it("reads numbers, choices and flags", async () => {
		const args = "--data a.tsv --no-self-attention --crf --cell lstm --seed 0 --learning-rate 1e-3 --resume";
		expect((await parse("train", ...args.split(" "))).train).toEqual({
			backend: "wasm",
			data: "a.tsv",
			selfAttention: false,
			crf: true,
			cell: "lstm",
			seed: 0,
			learningRate: 0.001,
			resume: true,
		});
		expect((await parse("train", "--self-attention")).train?.selfAttention).toBe(true);
	});

	it.each([
		[["--epochs", "0"], "argument '0' is invalid. Expected a whole number, at least 1."],
		[["--heads", "1.5"], "Expected a whole number"],
		[["--learning-rate", "x"], "Expected a number, greater than 0 and at most 10."],
		[["--dropout", "1"], "Expected a number, at least 0 and less than 1."],
		[["--cell", "rnn"], "Allowed choices are gru, lstm."],
		[["--epoch", "3"], "unknown option '--epoch'"],
		[["stray"], "too many arguments for 'train'"],
	])("refuses %j", async (args, message) => {
		await expect(parse("train", ...args)).rejects.toThrow(CommanderError);
		await expect(parse("train", ...args)).rejects.toThrow(message);
	});
});

describe("tag run", () => {
	it("takes sentences and flags", async () => {
		const { run } = await parse("run", "--model", "out/x", "--no-attention", "--tokenized", "A b .", "C .");
		expect(run).toEqual([
			["A b .", "C ."],
			{ model: "out/x", attention: false, tokenized: true, backend: "wasm" },
		]);
		expect((await parse("run")).run).toEqual([[], { attention: true, backend: "wasm" }]);
	});
});
