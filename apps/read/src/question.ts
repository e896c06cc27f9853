/** What stands in a question where its answer belongs. Upper or lower case does not matter. */
export const blank = "XXXXX";

/** A story, and a sentence about it with a blank. */
export interface Question {
	/** The sentences of the story, in order. */
	readonly story: readonly string[];
	/** The sentence with the {@link blank}. */
	readonly query: string;
	/** The words to choose from, if not any word will do. */
	readonly candidates?: readonly string[];
}

/** A question whose answer is known. */
export interface AnsweredQuestion extends Question {
	/** The word that fills the blank. */
	readonly answer: string;
	/** What sort of question it is: one of those that the score is broken down by. */
	readonly kind: string;
}
