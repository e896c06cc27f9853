import { UserError } from "../program/errors.ts";

/** Writes a text and a line end to stdout and waits until it can take more. */
export async function print(text: string): Promise<void> {
	await new Promise<void>((resolve, reject) => {
		process.stdout.write(`${text}\n`, (error) => {
			if (!error) resolve();
			else if ((error as NodeJS.ErrnoException).code === "EPIPE") reject(new UserError("stdout was closed."));
			else reject(error);
		});
	});
}

/** Writes a line to stderr: progress, and what is no result. */
export function say(line: string): void {
	console.error(line);
}
