import { HeedError } from "@heed/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { baseProgram, packageVersion } from "./base-program.ts";
import { ExpectedError, InterruptedError, UserError } from "./errors.ts";
import { adviseOnInterrupt } from "./interruption.ts";
import { runMain, runProgram } from "./run-program.ts";

let stderr = "";
beforeEach(() => {
	stderr = "";
	vi.spyOn(console, "error").mockImplementation((...parts: unknown[]) => {
		stderr += `${parts.join(" ")}\n`;
	});
	vi.spyOn(process.stdout, "write").mockImplementation(() => true);
});
afterEach(() => {
	vi.restoreAllMocks();
});

class WrongResultError extends ExpectedError {
	readonly exitCode = 1;
}

describe("runProgram", () => {
	const run = (args: string[], error?: unknown): Promise<number> => {
		const program = baseProgram("spell", "Spells.", "1.2.3");
		for (const name of ["train", "compare", "run"]) {
			program.command(name).action(() => {
				if (error !== undefined) throw error;
			});
		}
		return runProgram(program, args);
	};

	it("ends with 0 when all is done, or help was asked for", async () => {
		expect(await run(["train"])).toBe(0);
		expect(await run(["--help"])).toBe(0);
		expect(await run(["--version"])).toBe(0);
		expect(stderr).toBe("");
	});

	it("takes arguments behind the -- that package managers hand on", async () => {
		expect(await run(["--", "train"])).toBe(0);
		expect(await run(["--", "--help"])).toBe(0);
	});

	it.each<[string, number, unknown, string]>([
		["bad input", 2, new UserError("two\nlines"), "spell: two lines\n"],
		["an interrupt", 130, new InterruptedError("stopped."), "spell: stopped.\n"],
		["what an app expects", 1, new WrongResultError("differs."), "spell: differs.\n"],
		["the data", 2, new HeedError("VALUE", "f", "odd."), "spell: f: odd.\n"],
		["the disk", 2, Object.assign(new Error("ENOSPC: full"), { syscall: "write" }), "spell: ENOSPC: full\n"],
	])("says %s in one line", async (_, code, error, message) => {
		expect(await run(["run"], error)).toBe(code);
		expect(stderr).toBe(message);
	});

	it("shows the stack of a bug", async () => {
		expect(await run(["run"], new TypeError("a bug"))).toBe(1);
		expect(stderr).toContain("TypeError: a bug");
	});

	it("says what is wrong with the usage", async () => {
		expect(await run([])).toBe(2);
		expect(await run(["trian"])).toBe(2);
		expect(stderr).toBe(
			"spell: say `train`, `compare` or `run`; --help tells more.\n" +
				"spell: unknown command 'trian' (Did you mean train?)\n",
		);
	});
});

it("packageVersion reads the version of the package that calls", () => {
	expect(packageVersion(new URL("../index.ts", import.meta.url).href)).toBe("0.0.0");
});

it("runMain ends on Ctrl-C with a line, unless a training answers it", async () => {
	const exit = vi.spyOn(process, "exit").mockImplementation(() => undefined as never);
	const before = process.listeners("SIGINT");
	const program = baseProgram("spell", "Spells.", "1.2.3");
	program.command("judge").action(() => {
		process.emit("SIGINT");
		adviseOnInterrupt("Go on with: pnpm spell judge");
		process.emit("SIGINT");
		const answer = (): void => {};
		process.on("SIGINT", answer);
		process.emit("SIGINT");
		process.off("SIGINT", answer);
	});
	await runMain(() => runProgram(program, ["judge"]));
	for (const listener of process.listeners("SIGINT")) {
		if (!before.includes(listener)) process.off("SIGINT", listener);
	}
	process.exitCode = undefined;
	expect(stderr).toBe("spell: interrupted.\nspell: interrupted. Go on with: pnpm spell judge\n");
	expect(exit.mock.calls).toEqual([[130], [130]]);
});
