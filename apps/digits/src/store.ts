import { defaultFolder, Store } from "@heed/command-line";
import type { DataForm } from "./data/read-data.ts";
import { type ModelSettings, settingsOf, type Task } from "./settings.ts";

/** Trained networks and checkpoints. */
export const store: Store<ModelSettings, DataForm> = new Store({
	program: "digits",
	settingsOf,
	codecJson: ({ height, width, digest }) => ({ height, width, digest }),
	readCodec: (json) => {
		const { height, width, digest } = json as Partial<DataForm>;
		if (typeof height !== "number" || typeof width !== "number" || typeof digest !== "string") {
			throw new Error("it does not say what pictures it was trained on.");
		}
		return { height, width, digest };
	},
});

/** Where a training goes when nothing is said. */
export function defaultOut(task: Task): string {
	return defaultFolder(undefined, `digits-${task}`);
}
