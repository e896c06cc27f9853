import type { TrainingObserver } from "../loop/training-observer.ts";
import { saveCheckpoint } from "./checkpoint-files.ts";
import { prepareFolder } from "./prepare-folder.ts";

/**
 * Ends a run gracefully on Ctrl-C (SIGINT) or SIGTERM: the first signal lets the update finish, writes a checkpoint and
 * ends `train` with the reason `interrupted`; a second one ends the process at once, as if there were no handler. The
 * handlers are there only while the run is. A folder that is missing is made when the run starts.
 *
 * @param path The checkpoint to write.
 * @param say Is told what happens, one line at a time. Default: nothing is said.
 */
export function checkpointOnInterrupt(
	path: string,
	say: (line: string) => void = () => {},
): TrainingObserver {
	let signals = 0;
	let uninstall = (): void => {};
	return {
		async onStart(run) {
			await prepareFolder("checkpointOnInterrupt", path);
			signals = 0;
			const handle = (signal: NodeJS.Signals): void => {
				signals++;
				if (signals === 1) {
					say("Stopping after this step. Press Ctrl-C again to quit at once.");
					run.stop("interrupted");
					return;
				}
				uninstall();
				process.kill(process.pid, signal); // nobody listens any more: the process dies of it
			};
			process.on("SIGINT", handle);
			process.on("SIGTERM", handle);
			uninstall = () => {
				process.off("SIGINT", handle);
				process.off("SIGTERM", handle);
			};
		},
		async onStop({ run, reason }) {
			try {
				// A signal that came when nothing was left to stop has been answered all the same.
				if (reason === "failed" || (signals === 0 && reason !== "interrupted")) return;
				await saveCheckpoint(path, await run.state());
				say(`Saved ${path} at step ${run.step}.`);
			} finally {
				uninstall();
			}
		},
	};
}
