import { renderTerminal } from "@heed/viz";
import { lookMap, type Tagging } from "./tagging.ts";
import { UserError } from "./user-error.ts";

/** True when text on this stream may be coloured: a terminal, and https://no-color.org does not forbid it. */
export function hasColor(stream: NodeJS.WriteStream): boolean {
	return stream.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== "dumb";
}

/** The heat map of where the words looked as text, or nothing without self-attention. */
export function heatMap(tagging: Tagging, stream: NodeJS.WriteStream = process.stdout): string {
	const map = lookMap(tagging);
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
