/** Node's, where it exists: it lets signals and timers in and costs microseconds, a timer a millisecond. */
const immediate = (globalThis as { setImmediate?: (run: () => void) => void }).setImmediate;

/**
 * Makes a function that gives way to other events (a click, Ctrl-C, a timer), but only when the last time was long ago,
 * so that it can be called after every step at no cost that one could measure.
 */
export function yieldNowAndThen(everyMilliseconds = 50): () => Promise<void> | undefined {
	let last = performance.now();
	return () => {
		if (performance.now() - last < everyMilliseconds) return undefined;
		return new Promise((resolve) => {
			const resume = (): void => {
				last = performance.now();
				resolve();
			};
			if (immediate !== undefined) immediate(resume);
			else setTimeout(resume, 0);
		});
	};
}
