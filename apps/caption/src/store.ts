import { Store } from "@heed/command-line";
import { Vocabulary, type VocabularyJson } from "@heed/nlp";
import { type ModelSettings, settingsOf } from "./settings.ts";

/** Where a training goes when nothing is said, in `out/`. */
export const defaultName = "scenes";

/** Trained captioners and checkpoints. */
export const store: Store<ModelSettings, Vocabulary> = new Store({
	program: "caption",
	settingsOf,
	codecJson: (vocabulary) => ({ words: vocabulary.toJSON() }),
	readCodec: (json: { readonly words?: VocabularyJson }) => Vocabulary.fromJSON(json.words),
});
