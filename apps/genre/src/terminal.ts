import type { ReadSentence } from "./classification.ts";
import { shadedTerminal } from "./shaded-terminal.ts";
import { shadeWords } from "./shaded-text.ts";
import { UserError } from "./user-error.ts";

/** True when text on this stream may be coloured: a terminal, and https://no-color.org does not forbid it. */
export function hasColor(stream: NodeJS.WriteStream): boolean {
	return stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== "dumb";
}

/** Sentences with their weights, and their words shaded by how much they were looked at. */
export function shadedText(
	sentences: readonly ReadSentence[],
	stream: NodeJS.WriteStream = process.stdout,
): string {
	return shadedTerminal(shadeWords(sentences), { color: hasColor(stream), width: stream.columns ?? 100 });
}

/** Writes a line to stdout and waits until it can take more. */
export async function print(line: string): Promise<void> {
	await new Promise<void>((resolve, reject) => {
		process.stdout.write(`${line}\n`, (error) => {
			if (!error) resolve();
			else if ((error as NodeJS.ErrnoException).code === "EPIPE") reject(new UserError("stdout was closed."));
			else reject(error);
		});
	});
}
