import { Store } from "@heed/command-line";
import { Codec } from "./codec.ts";
import { type ModelSettings, settingsOf } from "./settings.ts";

/** Where a training goes when nothing is said, in `out/`. */
export const defaultName = "stories";

/** Trained readers and checkpoints. */
export const store: Store<ModelSettings, Codec> = new Store({
	program: "read",
	settingsOf,
	codecJson: (codec) => codec.toJSON(),
	readCodec: (json) => Codec.fromJSON(json),
});
