import { type ExtendedVocabulary, Vocabulary } from "@heed/nlp";

/** What a model that copies may say of one source: an id for each of its ids, and the words that have none elsewhere. */
export type Copyable = Pick<ExtendedVocabulary, "copyIds" | "words">;

/** What can be copied from a source with its end, which is copied as the end. */
export function copyableOf({ copyIds, words }: ExtendedVocabulary): Copyable {
	return { copyIds: [...copyIds, Vocabulary.eos], words };
}
