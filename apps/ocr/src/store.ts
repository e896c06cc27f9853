import { Store } from "@heed/command-line";
import type { Vocabulary } from "@heed/nlp";
import { type ModelSettings, settingsOf } from "./settings.ts";
import { lettersJson, readLetters } from "./words/letters.ts";

/** Where a training goes when nothing is said, in `out/`. */
export const defaultName = "words";

/** Trained readers of words and checkpoints. */
export const store: Store<ModelSettings, Vocabulary> = new Store({
	program: "ocr",
	settingsOf,
	codecJson: lettersJson,
	readCodec: readLetters,
});
