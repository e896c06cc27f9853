import { Vocabulary, type VocabularyJson } from "@heed/nlp";

/** Letters as JSON, stored beside the weights. */
export interface LettersJson {
	readonly letters: VocabularyJson;
}

/** The letters that are read, with their ids. */
export function smallLetters(): Vocabulary {
	return Vocabulary.fromTokens([[..."abcdefghijklmnopqrstuvwxyz"]]);
}

/**
 * Reads what {@link lettersJson} wrote.
 *
 * @throws HeedError for what is no vocabulary.
 */
export function readLetters(json: Partial<LettersJson>): Vocabulary {
	return Vocabulary.fromJSON(json.letters);
}

/** What {@link readLetters} reads. */
export function lettersJson(letters: Vocabulary): LettersJson {
	return { letters: letters.toJSON() };
}

/** A word as ids, from BOS to EOS. */
export function spell(letters: Vocabulary, word: string): number[] {
	return letters.encode([...word], { bos: true, eos: true });
}
