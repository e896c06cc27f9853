import { CommanderError } from "commander";
import { describe, expect, it } from "vitest";
import {
	type Actions,
	type CompareOptions,
	createProgram,
	type RunOptions,
	type TrainOptions,
} from "./options.ts";

interface Seen {
	train?: TrainOptions;
	compare?: CompareOptions;
	run?: [readonly string[], RunOptions];
	makePairs?: [string, object];
}

async function parse(...args: string[]): Promise<Seen> {
	const seen: Seen = {};
	const actions: Actions = {
		train: async (options) => {
			seen.train = options;
		},
		compare: async (options) => {
			seen.compare = options;
		},
		run: async (texts, options) => {
			seen.run = [texts, options];
		},
		makePairs: async (path, options) => {
			seen.makePairs = [path, options];
		},
	};
	await createProgram("1.2.3", actions).parseAsync(args, { from: "user" });
	return seen;
}

describe("translate train", () => {
	it("leaves out what was not given", async () => {
		expect((await parse("train")).train).toEqual({ backend: "wasm" });
	});

	it("reads numbers, choices and flags", async () => {
		const args =
			"--data a.tsv --attention luong --epochs 3 --seed 0 --learning-rate 1e-3 --dropout 0 --resume " +
			"--encoder-cell qrnn --encoder-layers 2 --self-attention --input-feeding";
		expect((await parse("train", ...args.split(" "))).train).toEqual({
			backend: "wasm",
			data: "a.tsv",
			attention: "luong",
			epochs: 3,
			seed: 0,
			learningRate: 0.001,
			dropout: 0,
			resume: true,
			encoderCell: "qrnn",
			encoderLayers: 2,
			selfAttention: true,
			inputFeeding: true,
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
		[["--attention", "global"], "Allowed choices are bahdanau, bahdanau-normalized, luong, luong-dot, "],
		[["--encoder-cell", "rnn"], "Allowed choices are same, gru, lstm, qrnn."],
		[["--model", "gpt"], "Allowed choices are rnn, transformer, convolutional."],
		[["--align-from", "2"], "Expected a whole number, at least 0 and at most 1."],
		[["--backend", "gpu"], "Allowed choices are wasm, cpu."],
		[["--epoch", "3"], "unknown option '--epoch'"],
		[["stray"], "too many arguments for 'train'"],
	])("refuses %j", async (args, message) => {
		await expect(parse("train", ...args)).rejects.toThrow(CommanderError);
		await expect(parse("train", ...args)).rejects.toThrow(message);
	});
});

describe("translate compare", () => {
	it("reads lists", async () => {
		const args = "--out x --attention hard,luong-dot,hard --model rnn,transformer --epochs 1 --copy";
		expect((await parse("compare", ...args.split(" "))).compare).toEqual({
			backend: "wasm",
			out: "x",
			attention: ["hard", "luong-dot"],
			model: ["rnn", "transformer"],
			epochs: 1,
			copy: true,
		});
	});

	it.each([
		[["--epochs", "1"], "required option '--out <dir>' not specified"],
		[["--out", "x", "--attention", "hard,soft"], "Unknown: soft. Allowed choices are bahdanau, "],
		[["--out", "x", "--model", "rnn,"], "Unknown: . Allowed choices are rnn, transformer, convolutional."],
		[["--out", "x", "--resume"], "unknown option '--resume'"],
	])("refuses %j", async (args, message) => {
		await expect(parse("compare", ...args)).rejects.toThrow(CommanderError);
		await expect(parse("compare", ...args)).rejects.toThrow(message);
	});
});

describe("translate run", () => {
	it("takes texts and flags", async () => {
		const { run } = await parse("run", "--model", "out/x", "--no-alignment", "4 mars 2021", "5 mars 2021");
		expect(run).toEqual([
			["4 mars 2021", "5 mars 2021"],
			{ model: "out/x", alignment: false, backend: "wasm" },
		]);
		expect((await parse("run")).run).toEqual([[], { alignment: true, backend: "wasm" }]);
	});
});

describe("translate", () => {
	it("takes the name of a file to make", async () => {
		expect((await parse("make-pairs", "a.tsv", "--overwrite")).makePairs).toEqual([
			"a.tsv",
			{ overwrite: true },
		]);
		await expect(parse("make-pairs")).rejects.toThrow("missing required argument 'file'");
	});

	it("refuses other commands", async () => {
		await expect(parse("trian")).rejects.toThrow("unknown command 'trian'");
	});
});
