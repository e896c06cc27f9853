import { Store } from "@heed/command-line";
import { type Codec, codecJson, readCodec } from "./codec.ts";
import { type ModelSettings, settingsOf } from "./settings.ts";

/** Trained models and checkpoints. */
export const store: Store<ModelSettings, Codec> = new Store({
	program: "video-qa",
	settingsOf,
	codecJson,
	readCodec,
});
