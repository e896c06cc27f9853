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

describe("genre train", () => {
	it("leaves out what was not given", async () => {
		expect((await parse("train")).train).toEqual({ backend: "wasm" });
	});

	it("reads numbers, choices and flags", async () => {
		const args = "--data a.tsv --pooling structured --flat --penalty 0 --max-words 9 --seed 0 --resume";
		expect((await parse("train", ...args.split(" "))).train).toEqual({
			backend: "wasm",
			data: "a.tsv",
			pooling: "structured",
			flat: true,
			penalty: 0,
			maxWords: 9,
			seed: 0,
			resume: true,
		});
	});

	it.each([
		[
			["--epochs", "0"],
			"option '--epochs <n>' argument '0' is invalid. Expected a whole number, at least 1.",
		],
		[["--epochs"], "option '--epochs <n>' argument missing"],
		[["--penalty", "-1"], "Expected a number, at least 0."],
		[["--dropout", "1"], "Expected a number, at least 0 and less than 1."],
		[["--pooling", "max"], "Allowed choices are context, structured, mean."],
		[["--backend", "gpu"], "Allowed choices are wasm, cpu."],
		[["--epoch", "3"], "unknown option '--epoch'"],
		[["stray"], "too many arguments for 'train'"],
	])("refuses %j", async (args, message) => {
		await expect(parse("train", ...args)).rejects.toThrow(CommanderError);
		await expect(parse("train", ...args)).rejects.toThrow(message);
	});
});

describe("genre run", () => {
	it("takes texts and flags", async () => {
		const { run } = await parse("run", "--model", "out/x", "--no-attention", "One text.", "Another.");
		expect(run).toEqual([["One text.", "Another."], { model: "out/x", attention: false, backend: "wasm" }]);
		expect((await parse("run", "--json")).run).toEqual([
			[],
			{ attention: true, json: true, backend: "wasm" },
		]);
	});
});
