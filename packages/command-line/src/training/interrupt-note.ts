import type { TrainingObserver } from "@heed/train";

/** Notes that Ctrl-C was pressed while a training ran: see {@link interruptNote}. */
export interface InterruptNote extends TrainingObserver {
	readonly interrupted: boolean;
}

/**
 * Notes whether Ctrl-C was pressed, also in the last moments of a training, when nothing is left to stop and it tells that it
 * was completed: what comes after it is not wanted then. To stand behind the observer that stops the training.
 */
export function interruptNote(): InterruptNote {
	const signals = ["SIGINT", "SIGTERM"] as const;
	let interrupted = false;
	const note = (): void => {
		interrupted = true;
	};
	return {
		get interrupted() {
			return interrupted;
		},
		onStart() {
			for (const signal of signals) process.once(signal, note); // a second one is to end the process
		},
		onStop() {
			for (const signal of signals) process.off(signal, note);
		},
	};
}
