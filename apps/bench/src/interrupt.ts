/** Ctrl-C as a signal that work looks at. */
export interface Interrupt {
	readonly signal: AbortSignal;
	/** Listens no longer. */
	end(): void;
}

/**
 * Listens for SIGINT and SIGTERM: the first one asks to stop after the current run, a second one ends the process at once,
 * as if nobody listened.
 *
 * @param say Is told, once.
 */
export function listenForInterrupt(say: (line: string) => void): Interrupt {
	const controller = new AbortController();
	const end = (): void => {
		process.off("SIGINT", handle);
		process.off("SIGTERM", handle);
	};
	const handle = (signal: NodeJS.Signals): void => {
		if (controller.signal.aborted) {
			end();
			process.kill(process.pid, signal);
			return;
		}
		say("Stopping after this run. Press Ctrl-C again to quit at once.");
		controller.abort();
	};
	process.on("SIGINT", handle);
	process.on("SIGTERM", handle);
	return { signal: controller.signal, end };
}
