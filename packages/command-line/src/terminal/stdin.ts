import { createInterface } from "node:readline/promises";
import { text } from "node:stream/consumers";

/**
 * The lines of stdin.
 *
 * @param hint Said to a person who types.
 */
export async function* linesOfStdin(hint: string): AsyncGenerator<string> {
	if (process.stdin.isTTY) console.error(hint);
	yield* createInterface({ input: process.stdin, terminal: false });
}

/**
 * All of stdin.
 *
 * @param hint Said to a person who types.
 */
export async function textOfStdin(hint: string): Promise<string> {
	if (process.stdin.isTTY) console.error(hint);
	return text(process.stdin);
}
