import { Store } from "@heed/command-line";
import { type Codec, codecJson, readCodec } from "./codec.ts";
import { type ModelSettings, settingsOf } from "./settings.ts";

/** Where a training goes when nothing is said, in `out/`. */
export const defaultName = "classify-digits";

/** Trained classifiers and checkpoints. */
export const store: Store<ModelSettings, Codec> = new Store({
	program: "classify",
	settingsOf,
	codecJson,
	readCodec: (json) => readCodec(json),
});
