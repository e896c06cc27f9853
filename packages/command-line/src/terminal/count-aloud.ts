import { say } from "./print.ts";

/** Says on stderr how far a long piece of work has come. */
export interface CountAloud {
	/** Does a part of the work, of so many items. */
	during(count: number, part: () => Promise<void>): Promise<void>;
	/** Says the end, if there was anything to say before. */
	end(): void;
}

/**
 * Counts what is done, aloud where it takes long: a line for every 2 seconds of work. Waiting for input is no work.
 *
 * @param unit What is counted: `sentences`.
 */
export function countAloud(unit: string, every = 2000): CountAloud {
	let [done, worked, said] = [0, 0, 0];
	const tell = (): void => {
		const rate = ((1000 * done) / Math.max(worked, 1)).toFixed(worked > 100 * done ? 1 : 0);
		say(`${done} ${unit}, ${rate} per second`);
		said = worked;
	};
	return {
		during: async (count, part) => {
			const started = performance.now();
			await part();
			worked += performance.now() - started;
			done += count;
			if (worked - said >= every) tell();
		},
		end: () => {
			if (said > 0 && said < worked) tell();
		},
	};
}
