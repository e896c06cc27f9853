import { thin, UserError } from "@heed/command-line";
import { hashSplit, hashText } from "@heed/nlp";
import { type Codec, type EncodedPiece, learnCodec } from "./codec.ts";
import { cutPieces } from "./cut-pieces.ts";
import type { LabelledDocument, Piece } from "./document.ts";
import type { ModelSettings } from "./settings.ts";

/** What a training needs: pieces as ids, and the held-out ones as texts. */
export interface TaskData {
	readonly codec: Codec;
	/** What the weights are fitted to. */
	readonly train: readonly EncodedPiece[];
	/** What decides which epoch to keep: the pieces of a tenth of the documents that are not held out. */
	readonly validation: readonly EncodedPiece[];
	/** What the classifier is judged by, once, at the end: the pieces of a fifth of the documents. */
	readonly heldOut: readonly Piece[];
}

/**
 * Cuts documents into pieces. All pieces of a document are on the same side, which a hash of its key decides, so they are a function of
 * the settings and the documents alone, and a training that goes on sees what it saw before.
 *
 * @throws UserError for too few documents or labels.
 */
export function taskData(settings: ModelSettings, documents: readonly LabelledDocument[]): TaskData {
	const key = ({ key }: LabelledDocument): string => key;
	const outer = hashSplit(thin(documents, settings.limit), { key, fraction: 0.2 });
	const inner = hashSplit(outer.train, {
		key,
		fraction: 0.1,
		seed: hashText("validation", settings.seed),
	});
	const [train, validation, heldOut] = [inner.train, inner.heldOut, outer.heldOut].map((side) =>
		side.flatMap((document) => piecesOf(document, settings)),
	) as [Piece[], Piece[], Piece[]];

	const codec = learnCodec(train, settings.minDocuments);
	const encode = (pieces: readonly Piece[], name: string): EncodedPiece[] => {
		const encoded = pieces.map((piece) => codec.encodePiece(piece)).filter((piece) => piece !== undefined);
		if (encoded.length > 0) return encoded;
		throw new UserError(
			`there are too few documents for ${name}; give some dozens at least, or raise --limit.`,
		);
	};
	const encoded = { train: encode(train, "training"), validation: encode(validation, "validation") };
	if (codec.labels.length < 2) {
		throw new UserError(`all documents are labelled ${codec.labels[0]}; expected two labels at least.`);
	}
	if (heldOut.length > 0) return { codec, ...encoded, heldOut };
	throw new UserError("there are too few documents to hold out a fifth; give some dozens at least.");
}

function piecesOf({ id, label, sentences }: LabelledDocument, settings: ModelSettings): Piece[] {
	return cutPieces(sentences, settings).map((piece) => ({ document: id, label, sentences: piece }));
}
