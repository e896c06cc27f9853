/** A text of one label. */
export interface LabelledDocument {
	/** What it goes by: the file of the Brown corpus, or the line of a file. */
	readonly id: string;
	/** Documents of one key are on the same side of every split. */
	readonly key: string;
	readonly label: string;
	/** The words of each sentence. */
	readonly sentences: readonly (readonly string[])[];
}

/** Some sentences of a document: what is classified at a time. */
export interface Piece {
	/** The `id` of the document. */
	readonly document: string;
	readonly label: string;
	readonly sentences: readonly (readonly string[])[];
}
