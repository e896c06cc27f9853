let [program, advice] = ["", ""];

/** Forgets what was advised: a program begins. */
export function beginProgram(name: string): void {
	[program, advice] = [name, ""];
}

/** Tells what Ctrl-C is to say from now on outside of a training, which says it itself: how to go on. */
export function adviseOnInterrupt(line: string): void {
	advice = line;
}

/** Ends the process on Ctrl-C with exit code 130, and says how to go on; a training that is under way ends it by itself. */
export function endOnInterrupt(): void {
	process.on("SIGINT", () => {
		if (process.listenerCount("SIGINT") > 1) return;
		console.error(`${program}: ${["interrupted.", advice].join(" ").trim()}`);
		process.exit(130);
	});
}

let last = performance.now();

/** Lets signals in, now and then: for loops that compute long and wait for nothing. */
export async function giveWay(): Promise<void> {
	if (performance.now() - last < 100) return;
	await new Promise((resolve) => setImmediate(resolve));
	last = performance.now();
}
