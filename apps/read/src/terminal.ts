import { renderTerminal } from "@heed/viz";
import { type Reading, sentenceMap } from "./reading.ts";
import { UserError } from "./user-error.ts";

/** True when text on this stream may be coloured: a terminal, and https://no-color.org does not forbid it. */
export function hasColor(stream: NodeJS.WriteStream): boolean {
	return stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== "dumb";
}

/** The heat map of a reading as text, sentence by sentence, or nothing for an empty story. */
export function heatMap(reading: Reading, stream: NodeJS.WriteStream = process.stdout): string {
	const map = sentenceMap(reading);
	if (map === undefined) return "";
	return renderTerminal(map, { color: hasColor(stream), width: Math.max(20, stream.columns ?? 100) });
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
