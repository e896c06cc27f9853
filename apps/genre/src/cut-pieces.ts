/** How long pieces are. */
export interface PieceSize {
	/** Sentences per piece, at most. */
	readonly sentences: number;
	/** Words per sentence, at most. */
	readonly maxWords: number;
}

/**
 * Cuts a document into pieces that are about equally long. A sentence of too many words becomes several, about equally long too, so
 * that nothing is lost.
 */
export function cutPieces(
	document: readonly (readonly string[])[],
	{ sentences, maxWords }: PieceSize,
): (readonly string[])[][] {
	return inParts(
		document.flatMap((words) => inParts(words, maxWords)),
		sentences,
	);
}

/** As few parts as can be, none of which is longer than `longest`. */
function inParts<Item>(items: readonly Item[], longest: number): Item[][] {
	const parts = Math.ceil(items.length / longest);
	const start = (part: number): number => Math.round((part * items.length) / parts);
	return Array.from({ length: parts }, (_, part) => items.slice(start(part), start(part + 1)));
}
