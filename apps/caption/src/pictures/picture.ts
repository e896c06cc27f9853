/** A picture, made to fit the model, and what people say about it. */
export interface Picture {
	/** The name of its file, or of a made-up scene. */
	readonly name: string;
	/** Red, green and blue of each pixel, row by row, `[size, size, 3]`. */
	readonly pixels: Uint8Array;
	/** Words with single spaces between them. */
	readonly captions: readonly string[];
}
