import { createInterface } from "node:readline/promises";
import { text } from "node:stream/consumers";
import { gather } from "./gather.ts";

/** So many lines are answered at once, at most: enough to fill batches of sentences of like lengths. */
const linesAtOnce = 512;

/**
 * The lines of stdin, those together that are there together: a long file comes in groups, what a person types line by line.
 *
 * @param hint Said to a person who types.
 */
export async function* lineGroupsOfStdin(hint: string): AsyncGenerator<string[]> {
	if (process.stdin.isTTY) console.error(hint);
	const lines = createInterface({ input: process.stdin, terminal: false });
	try {
		yield* gather(lines, linesAtOnce);
	} finally {
		lines.close(); // or a reader that waits would keep the process
	}
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
