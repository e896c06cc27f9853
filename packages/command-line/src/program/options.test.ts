import { Command, CommanderError } from "commander";
import { describe, expect, it } from "vitest";
import { numberParser, positive, unitInterval } from "./number-parser.ts";
import { addCourseOptions, SettingOptions } from "./options.ts";

const run = { epochs: 2, patience: 2, samples: 2 };
const course = { batchSize: 32, learningRate: 0.003, decay: 0.5, seed: 1 };
const settings = new SettingOptions<keyof typeof course | keyof typeof run | "crf" | "cell">({
	"": { model: { ...course, crf: false, cell: "gru" }, run },
	"with --data": { model: { ...course, crf: false, cell: "gru" }, run: { ...run, epochs: 6 } },
	"for spans": { model: { ...course, crf: true, cell: "gru" }, run: { ...run, epochs: 20 } },
});

describe("SettingOptions", () => {
	it("tells the defaults of all tasks, or of one where they are the same", () => {
		expect(settings.defaultOf("epochs")).toBe("(default 2, with --data 6, for spans 20)");
		expect(settings.defaultOf("crf")).toBe("(default off, with --data off, for spans on)");
		expect(settings.defaultOf("seed")).toBe("(default 1)");
		const cell = settings.choice("--cell <kind>", "recurrent cell", "cell", ["gru", "lstm"]);
		expect(cell.description).toBe("recurrent cell (default gru)");
	});
});

describe("addCourseOptions", () => {
	const parse = (...args: string[]): object => {
		const command = addCourseOptions(new Command().exitOverride(), settings, "words");
		return command
			.configureOutput({ writeErr: () => {} })
			.parse(args, { from: "user" })
			.opts();
	};

	it("leaves out what was not given", () => {
		expect(parse()).toEqual({ backend: "wasm" });
		expect(parse("--epochs", "3", "--seed", "0", "--learning-rate", "1e-3", "--backend", "cpu")).toEqual({
			epochs: 3,
			seed: 0,
			learningRate: 0.001,
			backend: "cpu",
		});
	});

	it.each([
		[["--epochs", "0"], "'--epochs <n>' argument '0' is invalid. Expected a whole number, at least 1."],
		[["--epochs", "1.5"], "Expected a whole number"],
		[["--epochs", ""], "Expected a whole number"],
		[["--learning-rate", "x"], "Expected a number, greater than 0 and at most 10."],
		[["--decay", "0"], "Expected a number, greater than 0 and at most 1."],
		[["--backend", "gpu"], "Allowed choices are wasm, cpu."],
	])("refuses %j", (args, message) => {
		expect(() => parse(...args)).toThrow(CommanderError);
		expect(() => parse(...args)).toThrow(message);
	});
});

it("numberParser keeps to the bounds", () => {
	const share = numberParser(unitInterval);
	expect(share("0")).toBe(0);
	expect(() => share("1")).toThrow("Expected a number, at least 0 and less than 1.");
	expect(() => numberParser(positive(10))("Infinity")).toThrow("at most 10");
});
