import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, vi } from "vitest";

/** What a test of a command line sees and does. */
export interface TestTerminal {
	/** What was written so far. */
	stdout: string;
	stderr: string;
	/** A path in the test's own folder. */
	file(name: string): string;
	/** Runs the program and expects one line that holds `message`, and exit code 2. */
	refused(args: readonly string[], message: string): Promise<void>;
}

/**
 * Gives each test of a file a folder of its own, and keeps what it writes to stdout and stderr from the terminal.
 *
 * @param name That of the program.
 */
export function useTerminal(name: string, cli: (args: readonly string[]) => Promise<number>): TestTerminal {
	let root = "";
	const terminal: TestTerminal = {
		stdout: "",
		stderr: "",
		file: (path) => join(root, path),
		refused: async (args, message) => {
			terminal.stderr = "";
			expect(await cli(args)).toBe(2);
			expect(terminal.stderr).toContain(message);
			expect(terminal.stderr).toMatch(new RegExp(`^${name}: [^\\n]+\\n$`));
		},
	};
	beforeEach(() => {
		root = mkdtempSync(join(tmpdir(), `heed-${name}-`));
		Object.assign(terminal, { stdout: "", stderr: "" });
		vi.spyOn(process.stdout, "write").mockImplementation((chunk, ...rest) => {
			terminal.stdout += chunk;
			const done = rest.at(-1);
			if (typeof done === "function") done();
			return true;
		});
		vi.spyOn(console, "error").mockImplementation((...parts: unknown[]) => {
			terminal.stderr += `${parts.join(" ")}\n`;
		});
		vi.spyOn(process.stderr, "write").mockImplementation((chunk) => {
			terminal.stderr += chunk;
			return true;
		});
	});
	afterEach(() => {
		vi.restoreAllMocks();
		rmSync(root, { recursive: true });
	});
	return terminal;
}
