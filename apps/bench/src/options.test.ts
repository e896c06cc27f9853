import { CommanderError } from "commander";
import { describe, expect, it } from "vitest";
import { type BenchOptions, createProgram } from "./options.ts";
import { defaultFolder } from "./output-folder.ts";

async function parse(...args: string[]): Promise<BenchOptions | undefined> {
	let seen: BenchOptions | undefined;
	const program = createProgram("1.2.3", async (options) => {
		seen = options;
	});
	await program.parseAsync(args, { from: "user" });
	return seen;
}

describe("bench", () => {
	it("leaves out what was not given", async () => expect(await parse()).toEqual({ out: defaultFolder }));

	it("reads lists and flags", async () => {
		const args =
			"--quick --only attention --only matmul/nt --contenders stock,onnxruntime-web --out o --json";
		expect(await parse(...args.split(" "))).toEqual({
			quick: true,
			only: ["attention", "matmul/nt"],
			contenders: ["stock", "onnxruntime-web"],
			out: "o",
			json: true,
		});
	});

	it.each([
		[["--only"], "option '--only <text>' argument missing"],
		[["--only", " "], "Expected a part of a name."],
		[
			["--contenders", "stock,jax"],
			"'jax' is not one of stock, tfjs-cpu, onnxruntime-web, onnxruntime-node.",
		],
		[["--fast"], "unknown option '--fast'"],
		[["stray"], "too many arguments"],
	])("refuses %j", async (args, message) => {
		await expect(parse(...args)).rejects.toThrow(CommanderError);
		await expect(parse(...args)).rejects.toThrow(message);
	});
});
