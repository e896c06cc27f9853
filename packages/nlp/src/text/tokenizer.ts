/**
 * Text to tokens and back. `detokenize(tokenize(text))` is the text again, up to what a tokeniser documents that it
 * drops (case, the kind and number of spaces).
 */
export interface Tokenizer {
	/** A stable word that says which tokeniser it is. */
	readonly name: string;
	/** The tokens of a text, in order; none of an empty one. */
	tokenize(text: string): string[];
	/** One text of tokens. */
	detokenize(tokens: readonly string[]): string;
}
