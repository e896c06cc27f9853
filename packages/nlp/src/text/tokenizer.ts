/**
 * Text to tokens and back. `detokenize(tokenize(text))` is the text again, up to what a tokeniser documents that it
 * drops (case, the kind and number of spaces).
 */
export interface Tokenizer {
	/** A stable word that says which tokeniser it is. */
	readonly name: string;
	tokenize(text: string): string[];
	detokenize(tokens: readonly string[]): string;
}
