import { defaultFolder, Store } from "@heed/command-line";
import type { DataForm } from "./data/read-data.ts";
import { type ModelSettings, settingsOf, type Task } from "./settings.ts";

/** Trained networks and checkpoints. */
export const store: Store<ModelSettings, DataForm> = new Store({
	program: "digits",
	settingsOf,
	codecJson: ({ height, width }) => ({ height, width }),
	readCodec: (json) => {
		const { height, width } = json as Partial<DataForm>;
		if (typeof height !== "number" || typeof width !== "number") {
			throw new Error("it does not say how large its pictures are.");
		}
		return { height, width };
	},
});

/** Where a training goes when nothing is said. */
export function defaultOut(task: Task): string {
	return defaultFolder(undefined, `digits-${task}`);
}
